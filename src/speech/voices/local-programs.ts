/** The programs of this machine that speak: which there are, and how each is told what to say. */
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

export type ProgramName = 'flite' | 'espeak-ng';

export interface LocalProgram {
  name: ProgramName;
  /** Its file. */
  path: string;
}

/** What a program is started with. The words come by its standard input: others can read arguments. */
export interface Invocation {
  path: string;
  args: string[];
  /** Flite cannot write to a pipe. */
  output: 'stdout' | 'file';
}

/** As `VOCA_LOCAL_VOICE` and assistants name it: `flite`, `flite/slt`, `espeak-ng/en-us`. */
export const LOCAL_VOICE =
  /^(?:(flite)(?:\/([a-z0-9_]{1,30}))?|(espeak-ng)(?:\/([a-z0-9-]{1,30}))?)$/;

/** The clearest of those that are built into flite. */
const FLITE_VOICE = 'slt';
/** espeak-ng knows languages by their first part, but for these. */
const ESPEAK_LANGUAGES = new Map([
  ['en-us', 'en-us'],
  ['en-gb', 'en-gb'],
  ['pt-br', 'pt-br'],
  ['zh', 'cmn'],
  ['no', 'nb'],
]);

/** @param path the value of PATH; its relative folders are left out */
export function findLocalPrograms(path: string): LocalProgram[] {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  return (['flite', 'espeak-ng'] as const).flatMap((name) => {
    const found = folders.map((folder) => join(folder, name)).find(isExecutable);
    return found === undefined ? [] : [{ name, path: found }];
  });
}

/**
 * How to say something in a language; undefined when no program here speaks it.
 * @param wanted a voice as {@link LOCAL_VOICE} has it
 */
export function invocationFor(
  programs: readonly LocalProgram[],
  wanted: string | undefined,
  language: string,
): Invocation | undefined {
  const [, flite, fliteVoice, espeak, espeakVoice] = LOCAL_VOICE.exec(wanted ?? '') ?? [];
  const isEnglish = /^en\b/i.test(language);
  const name = flite ?? espeak;
  const program = programs.find(
    (each) => (name === undefined || each.name === name) && (isEnglish || each.name !== 'flite'),
  );
  if (!program) return undefined;
  const { path } = program;
  if (program.name === 'flite') {
    const voice = fliteVoice ?? FLITE_VOICE;
    return { path, args: ['-voice', voice, '-f', '-', '-o', '/dev/fd/3'], output: 'file' };
  }
  const voice = espeakVoice ?? espeakLanguage(language);
  return { path, args: ['-v', voice, '-b', '1', '--stdin', '--stdout'], output: 'stdout' };
}

/** Flite reads English in ASCII, and is silent at what else it is given. */
export function forProgram({ output }: Invocation, words: string): string {
  if (output === 'stdout') return words;
  return words
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u2010-\u2015]/g, '-')
    .replace(/\u20ac/g, ' euros ')
    .replace(/\u00a3/g, ' pounds ')
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]+/g, '');
}

function espeakLanguage(language: string): string {
  const tag = language.toLowerCase();
  const [first = 'en'] = tag.split('-');
  const known = ESPEAK_LANGUAGES.get(tag) ?? ESPEAK_LANGUAGES.get(first) ?? first;
  return /^[a-z-]{1,12}$/.test(known) ? known : 'en';
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
