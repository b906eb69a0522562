/** The caller's name, in the sentence as it was transcribed (capitals, where there are any, help). */

const WORD = "[\\p{L}\\p{M}][\\p{L}\\p{M}'’.-]*";
const NAME = `(${WORD}(?: ${WORD}){0,4})`;

/** How a name is announced; what is behind it is the name, as far as it looks like one. */
const ANNOUNCED = [
  new RegExp(
    `\\b(?:my|the|her|his|our) (?:last |first |sur|full |family )?name(?:'s| is| should be| would be| will be)(?: actually)? ${NAME}`,
    'giu',
  ),
  new RegExp(`\\b(?:change|correct|set|put) (?:the|my|that) name to ${NAME}`, 'giu'),
  new RegExp(`\\b(?:under|in|on|by) (?:the |my )?name(?: of)? ${NAME}`, 'giu'),
  new RegExp(
    `\\b(?:put|book|make|have|keep|reserve|note)(?: it| that| the table| this)?(?: down)? under ${NAME}`,
    'giu',
  ),
  new RegExp(`\\bunder ${NAME}`, 'giu'),
  new RegExp(`\\bcall me ${NAME}`, 'giu'),
  new RegExp(`\\bname(?:'s| is)? ${NAME}`, 'giu'),
];
/** Only a title or a capital tells these from other sentences ("it's fine", "I'm late"). */
const GUESSED = [
  new RegExp(`\\b(?:this is|it's|it is|i'm|i am|here is|that's) ${NAME}`, 'giu'),
  new RegExp(
    `\\bfor ((?:mr|mrs|ms|miss|mister|dr|doctor|professor)\\b\\.? ${WORD}(?: ${WORD}){0,2})`,
    'giu',
  ),
];

/** A name ends in front of these. */
const ENDS = new Set(
  (
    'and for on at please thanks thank with by to from in of the a an i we my me is it its if so but or as ' +
    'can could would will may not no yes yeah here speaking calling today tomorrow tonight table appointment ' +
    'people person thats actually sorry instead right correct ok okay that this you your mine number'
  ).split(' '),
);
/** No name begins with these. */
const NEVER = new Set(
  (
    'a an the i we you he she they my your me it is are am was be been just only about for four to two too at on in of and or ' +
    'so but if with by from up out then than that this these those here there what when where who why how which yes yeah yep yup no nope ' +
    'not never ok okay sure fine good great perfect right correct wrong exactly true false late early sorry please thanks thank hello hi hey ' +
    'bye goodbye maybe perhaps well uh um er hmm oh ah like looking calling trying going booking wondering interested afraid happy glad ready ' +
    'hungry busy free available alone done help cancel repeat stop wait hold one three five six seven eight nine ten eleven twelve noon ' +
    'midnight half quarter monday tuesday wednesday thursday friday saturday sunday today tomorrow tonight morning afternoon evening night ' +
    'day week month year time date name table appointment reservation booking dinner lunch breakfast people person nothing everything ' +
    'something anything somewhere all any some very really actually still already also again more less can could would will should do does ' +
    'did have has had want need think know mean said say make change don speaking whatever nobody someone everyone enough better best ' +
    'january february march june july august september october november december first second third next last other another wonderful ' +
    'lovely nice cool awesome amazing alright excellent terrible bad new correct complicated difficult easy important possible confirmed ' +
    'robin get got give take come go see look tell ask let put hang keep book call me us them him her hers nope nah absolutely definitely ' +
    'certainly indeed understood clear weird strange unsure listening waiting driving unable still because while until hungry tired old ' +
    'human robot person real machine ai english spanish french german sir madam noon guys man god thing things party group family'
  ).split(' '),
);
const PARTICLES = new Set(
  'von van der den de la le du di da del bin ibn al el ter zu zur'.split(' '),
);
const TITLES: Record<string, string> = {
  mr: 'Mr',
  mister: 'Mr',
  mrs: 'Mrs',
  ms: 'Ms',
  miss: 'Miss',
  dr: 'Dr',
  doctor: 'Dr',
  professor: 'Professor',
};

/**
 * The name in a sentence, or undefined.
 * `asked`: the caller was asked for the name, so a sentence of a few words is one. `likely`: names
 * were just talked about, so "it's anna" is one without a capital too.
 */
export function findName(
  sentence: string,
  context: 'asked' | 'likely' | 'none' = 'none',
): string | undefined {
  const expected = context === 'asked';
  const text = sentence
    .slice(0, 1_000)
    .replace(/[’‘ʼ`]/g, "'")
    .replace(/\b(mr|mrs|ms|dr)\./gi, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  const spelled = spelledOut(text, expected);
  if (spelled) return spelled;
  const found =
    announced(text) ?? guessed(text, context !== 'none') ?? (expected ? whole(text) : undefined);
  return found === undefined ? undefined : respelled(found, text);
}

function announced(text: string): string | undefined {
  for (const expression of ANNOUNCED) {
    const names = [...text.matchAll(expression)]
      .map(([, words = '']) => toName(words))
      .filter((name) => name !== undefined);
    if (names.length > 0) return names.at(-1);
  }
  return undefined;
}

function guessed(text: string, likely: boolean): string | undefined {
  for (const expression of GUESSED) {
    for (const [, words = ''] of text.matchAll(expression)) {
      const name = toName(words);
      if (name !== undefined && (likely || titled(words) || /^\p{Lu}/u.test(words))) return name;
    }
  }
  return undefined;
}

function titled(words: string): boolean {
  return (words.split(' ')[0]?.toLowerCase() ?? '') in TITLES;
}

/** The answer to "what is your name?": what is left of it without the small words around. */
function whole(text: string): string | undefined {
  const bare = text
    .replace(/\b(?:with|without) (?:an?|two|double|the)\b.*$/i, '')
    .replace(
      /^(?:(?:uh|um|er|oh|yes|yeah|sure|ok|okay|well|no|sorry|actually|so|hello|hi|of course|certainly|that would be|make it|make that|it's for|for)\b[ ,.!]*)+/i,
      '',
    )
    .replace(/[ ,.!]+(?:please|thanks|thank you|speaking|here)?[ ,.!]*$/i, '');
  const last = bare.split(/[,;!?]| not /).find((part) => part.trim() !== '') ?? '';
  const words = last.trim();
  if (!new RegExp(`^${NAME}$`, 'u').test(words)) return undefined;
  const name = toName(words);
  return name !== undefined && name.split(' ').length === words.split(' ').length
    ? name
    : undefined;
}

function toName(words: string): string | undefined {
  const parts: string[] = [];
  for (const raw of words.split(' ')) {
    const word = raw.replace(/[.'-]+$/, '');
    const plain = word.toLowerCase().replace(/'/g, '');
    if (ENDS.has(plain) && !(parts.length > 0 && PARTICLES.has(plain))) break;
    parts.push(word);
    // "John Smith. I need": the name ends with its sentence, an initial does not.
    if (raw.endsWith('.') && word.length > 1 && !titled(word)) break;
    if (parts.length === 4) break;
  }
  while (parts.length > 0 && PARTICLES.has((parts.at(-1) ?? '').toLowerCase())) parts.pop();
  const first = (parts[0] ?? '').toLowerCase();
  const lonely = parts.length === 1 && (first.length < 2 || titled(first));
  if (parts.length === 0 || lonely || NEVER.has(first)) return undefined;
  return parts.map(inCapitals).join(' ');
}

function inCapitals(word: string, index: number): string {
  const title = TITLES[word.toLowerCase()];
  if (title !== undefined && index === 0) return title;
  if (index > 0 && PARTICLES.has(word)) return word;
  const shouted = word.length > 3 && word === word.toUpperCase();
  if (!shouted && /\p{Lu}/u.test(word)) return word;
  return word
    .toLowerCase()
    .replace(
      /(^|[-'])(\p{L})/gu,
      (_all, before: string, letter: string) => before + letter.toUpperCase(),
    )
    .replace(/^Mc(\p{L})/u, (_all, letter: string) => `Mc${letter.toUpperCase()}`)
    .replace(/'S$/u, "'s");
}

/** "S, M, I, T, H", "S-M-I-T-H" or "s m i t h", three letters or more; with a first name before it. */
function spelledOut(text: string, expected: boolean): string | undefined {
  const match = /(?<![\p{L}'])\p{L}(?:[ ,.-]+\p{L}){2,24}(?![\p{L}'])/u.exec(text);
  if (!match) return undefined;
  const letters = match[0].replace(/[^\p{L}]/gu, '');
  const introduced = /\b(?:name|spell(?:ed|ing|t)?)\b/i.test(text);
  if (!expected && !introduced) return undefined;
  const before = text
    .slice(0, match.index)
    .replace(/\b(?:that's|that is|spelled|spelt|spelling|it's spelled)\b.*$/i, '');
  const spoken = announced(before) ?? whole(before);
  const last = inCapitals(letters.toLowerCase(), 0);
  const firstNames = spoken?.split(' ').slice(0, -1) ?? [];
  return [...firstNames, last].join(' ');
}

/** What a letter replaces: "Smith, with a y" is Smyth. */
const SWAPS: Record<string, string> = {
  y: 'i',
  i: 'y',
  k: 'c',
  c: 'k',
  z: 's',
  s: 'z',
  f: 'ph',
  ph: 'f',
  v: 'f',
};

function respelled(name: string, text: string): string {
  const match = /\bwith(out)? an? ['"]?([a-z]{1,2})['"]?\b/i.exec(text);
  const letter = match?.[2]?.toLowerCase();
  if (letter === undefined || (letter.length > 1 && letter !== 'ph')) return name;
  const at = name.lastIndexOf(' ') + 1;
  const last = name.slice(at);
  return name.slice(0, at) + respelledWord(last, letter, match?.[1] !== undefined);
}

function respelledWord(word: string, letter: string, without: boolean): string {
  const lower = word.toLowerCase();
  if (without) return lower.includes(letter) ? cased(lower.replace(letter, '')) : word;
  if (lower.includes(letter)) return word;
  const swapped = SWAPS[letter];
  if (swapped !== undefined && lower.includes(swapped))
    return cased(lower.replace(swapped, letter));
  return letter === 'e' ? `${word}e` : word;
}

function cased(word: string): string {
  return inCapitals(word, 0);
}
