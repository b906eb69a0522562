/** Where a clause may end: a look at one place of a text and a few characters behind it. */

/** `strong` ends a sentence; `weak` is a pause within one; `space` parts two words. */
export type CutKind = 'strong' | 'weak' | 'joint' | 'space';

/** `undecided`: what follows has to be known first. */
export type Look = { kind: CutKind; at: number } | 'none' | 'undecided';

/** Closing quotes, brackets, emphasis and pictures belong to the sentence before. */
const CLOSERS =
  /^(?:["'”’»›)\]*_」』）】]|\p{Extended_Pictographic}|[\uFE0F\u200D]|\p{Emoji_Modifier}){0,8}/u;
/** The longest such tail, in UTF-16 units: how much has to be there before one can tell. */
const MAX_CLOSERS = 16;
/** Ends of sentences in scripts that put no space behind them. */
const WIDE_END = /[。！？｡।॥؟۔։።។]/;
const WIDE_PAUSE = /[，；：、،؛]/;
const JOINTS = new Set(
  'and but because so or which who while although if when und aber weil denn oder sondern damit wenn obwohl et mais parce car ou y pero porque e ma perché'.split(
    ' ',
  ),
);
const LONGEST_JOINT = 10;

/** Behind these a full stop ends no sentence. */
const ABBREVIATIONS = new Set(
  'dr mr mrs ms prof st vs etc approx appt dept ext inc ltd jr sr tel nr str ca bzw inkl zzgl evtl vgl std min mio mrd hr fr abs art bspw ggf max tgl usw sra srta mme mlle env jan feb mar apr jun jul aug sep sept oct nov dec okt dez'.split(
    ' ',
  ),
);

/** White space that is looked through for what follows it; a longer run is as good as nothing. */
const LOOK_AHEAD = 40;

/**
 * Looks at the character at `at`, of a clause that begins with the text.
 * @param isWhole whether nothing follows the text any more
 * @returns where the clause may end: right here, or behind this character and what closes with it
 */
export function lookAt(text: string, at: number, isWhole: boolean): Look {
  const sign = text[at] ?? '';
  if (sign === '\n') return lineEnd(text, at, isWhole);
  if (/\s/.test(sign)) return gap(text, at, isWhole);
  const isWideEnd = WIDE_END.test(sign);
  const isEnd = isWideEnd || /[.!?…]/.test(sign);
  const isWidePause = WIDE_PAUSE.test(sign);
  if (!isEnd && !isWidePause && !/[,;:–—]/.test(sign)) return 'none';
  const closers = isEnd ? closersAt(text, at + 1) : 0;
  const end = at + 1 + closers;
  if (!isWhole && end >= text.length) return 'undecided';
  const next = text[end];
  if (isWideEnd) return WIDE_END.test(next ?? '') ? 'none' : { kind: 'strong', at: end };
  if (next !== undefined && !isWidePause && /\S/.test(next)) return 'none';
  if (!isEnd) return pause(text, at, end, isWhole);
  return sign === '.' ? fullStop(text, at, end, isWhole) : { kind: 'strong', at: end };
}

function closersAt(text: string, from: number): number {
  return CLOSERS.exec(text.slice(from, from + MAX_CLOSERS))?.[0].length ?? 0;
}

/** What follows behind white space; empty when nothing does, undefined as long as that is open. */
function nextSign(text: string, from: number, isWhole: boolean): string | undefined {
  const near = text.slice(from, from + LOOK_AHEAD);
  const next = /^\s*(\S)/.exec(near)?.[1];
  return next ?? (isWhole || near.length === LOOK_AHEAD ? '' : undefined);
}

/** An empty line, or one before a list, a heading or a row of a table, ends a sentence. */
function lineEnd(text: string, at: number, isWhole: boolean): Look {
  const near = text.slice(at + 1, at + 1 + LOOK_AHEAD);
  const next = /^[^\S\n]*([^])/.exec(near)?.[1];
  if (next === undefined && !isWhole && near.length < LOOK_AHEAD) return 'undecided';
  return { kind: next !== undefined && /[\n#|*+•‣◦\d-]/.test(next) ? 'strong' : 'weak', at };
}

/** Between two words. */
function gap(text: string, at: number, isWhole: boolean): Look {
  const near = text.slice(at + 1, at + 2 + LONGEST_JOINT);
  const word = /^\p{L}*/u.exec(near)?.[0] ?? '';
  if (!isWhole && word.length === near.length && near.length <= LONGEST_JOINT) return 'undecided';
  return { kind: JOINTS.has(word.toLowerCase()) ? 'joint' : 'space', at };
}

/** A comma between two digits parts no clauses: it may be a number, or a list of them. */
function pause(text: string, at: number, end: number, isWhole: boolean): Look {
  const next = nextSign(text, end, isWhole);
  if (next === undefined) return 'undecided';
  const isBetweenDigits = /\d/.test(text[at - 1] ?? '') && /\d/.test(next);
  return isBetweenDigits ? 'none' : { kind: 'weak', at: end };
}

function fullStop(text: string, at: number, end: number, isWhole: boolean): Look {
  const next = nextSign(text, end, isWhole);
  if (next === undefined) return 'undecided';
  const before = text.slice(Math.max(0, at - 30), at);
  const word = /[\p{L}\p{M}\p{N}.]*$/u.exec(before)?.[0].toLowerCase() ?? '';
  return next !== '' && isAbbreviated(word, next) ? 'none' : { kind: 'strong', at: end };
}

/** @param word in front of the full stop; @param next what follows it */
function isAbbreviated(word: string, next: string): boolean {
  if (ABBREVIATIONS.has(word)) return true;
  if (/^(?:\p{L}\.)*\p{L}$/u.test(word)) return true; // J. Smith, z. B., e.g. this
  if (/^\d{1,2}$/.test(word)) return true; // 3. Mai, 1. an item
  if (word === 'no' && /\d/.test(next)) return true;
  return word.length <= 3 && /\p{Ll}/u.test(next);
}
