/** What the form of words says about whether the caller has ended. */
import { plainWords } from '../../../workflows/rules/phrases.ts';
import { wordsOf } from './words.ts';

/** `sentence`: it ends like one. `number`: more digits may follow. `open`: nobody can tell. */
export type WordForm = 'sentence' | 'number' | 'open';

/** Words of which dictated numbers are made, by language. */
const NUMBER_WORDS = plainSets({
  en:
    'zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen ' +
    'sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred ' +
    'thousand double triple',
  de:
    'null eins zwei zwo drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig ' +
    'fünfzig sechzig siebzig achtzig neunzig hundert tausend',
  fr:
    'zéro un deux trois quatre cinq six sept huit neuf dix onze douze vingt trente quarante cinquante ' +
    'soixante cent mille',
  es:
    'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta cuarenta ' +
    'cincuenta sesenta setenta ochenta noventa cien mil',
  it:
    'zero uno due tre quattro cinque sei sette otto nove dieci undici dodici venti trenta quaranta ' +
    'cinquanta sessanta settanta ottanta novanta cento mille',
  nl:
    'nul een twee drie vier vijf zes zeven acht negen tien elf twaalf twintig dertig veertig vijftig ' +
    'zestig zeventig tachtig negentig honderd duizend',
  pt:
    'zero um dois três quatro cinco seis sete oito nove dez onze doze vinte trinta quarenta cinquenta ' +
    'sessenta setenta oitenta noventa cem mil',
});

/** So many digits are a part of a longer number, also at the end of a sentence. */
const LONG_NUMBER = 3;
/** The time of day, or an amount: complete as it is. */
const CLOCK_OR_AMOUNT = /^\p{Nd}+[.,:]\p{Nd}{2}$/u;

/** @param language BCP-47 tag */
export function formOf(text: string, language: string): WordForm {
  const isSentence = endsSentence(text);
  const words = wordsOf(text.replace(/[-–/]/gu, ' ')).map(withoutMarks).filter(Boolean);
  const numbers = words.slice(words.findLastIndex((word) => !isNumber(word, language)) + 1);
  if (numbers.length > 0) {
    // "For four." ends a sentence; "four." alone, or "0 1 5.", may be the beginning of a number.
    const isWhole = numbers.length === words.length;
    const isLong = numbers.reduce((sum, word) => sum + digitsIn(word), 0) >= LONG_NUMBER;
    if (!isSentence || isWhole || isLong) return 'number';
  }
  return isSentence ? 'sentence' : 'open';
}

/** A full stop, a question mark or what stands for one in any script; dots that trail off are none. */
function endsSentence(text: string): boolean {
  return /(?<!\.)\p{Sentence_Terminal}["'”’»)\]]*\s*$/u.test(text);
}

function withoutMarks(word: string): string {
  return word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
}

function isNumber(word: string, language: string): boolean {
  if (CLOCK_OR_AMOUNT.test(word)) return true;
  const plain = plainWords(word);
  const [primary = ''] = language.toLowerCase().split('-');
  return /^\p{Nd}+$/u.test(plain) || NUMBER_WORDS.get(primary)?.has(plain) === true;
}

function plainSets(words: Record<string, string>): Map<string, Set<string>> {
  return new Map(
    Object.entries(words).map(([language, line]) => [language, new Set(line.split(' '))]),
  );
}

function digitsIn(word: string): number {
  if (CLOCK_OR_AMOUNT.test(word)) return 1;
  return Math.max(1, word.replace(/\P{Nd}/gu, '').length);
}
