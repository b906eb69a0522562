/** What a command says of an assistant: a file, single options, and `--set path=value`. Pure. */
import { CallRequestError } from '../../call-errors.ts';

type Json = Record<string, unknown>;

export interface DraftOptions {
  name?: string;
  firstMessage?: string;
  instructions?: string;
  /** Each as `path=value`. */
  set?: string[];
}

/** What the API decides itself, and shows. */
const SHOWN_ONLY = ['id', 'object', 'version', 'created_at', 'updated_at'];
/** Below these, everything is text. */
const MAPS_OF_TEXT = ['variables', 'metadata'];

export interface Draft {
  content: Json;
  /** The file is an assistant as `show --json` prints it, of this version: it stands for the whole. */
  wholeOf?: number;
}

/** @throws {CallRequestError} when the file is no JSON object, or an option has not its form. */
export function draftOf(file: string | undefined, options: DraftOptions): Draft {
  const given = file === undefined ? {} : parseFile(file);
  const isShown = given['object'] === 'assistant' && typeof given['version'] === 'number';
  const content = isShown
    ? Object.fromEntries(Object.entries(given).filter(([name]) => !SHOWN_ONLY.includes(name)))
    : { ...given };
  const { name, firstMessage, instructions, set = [] } = options;
  if (name !== undefined) content['name'] = name;
  if (firstMessage !== undefined) content['first_message'] = firstMessage;
  if (instructions !== undefined) content['instructions'] = instructions;
  const whole = set.reduce<Json>((target, text) => {
    const [path, value] = settingIn(text);
    return withValue(target, path, value);
  }, content);
  return { content: whole, ...(isShown && { wholeOf: given['version'] as number }) };
}

/** The merge patch that makes `wanted` of `current`: what is not wanted becomes null. */
export function patchBetween(current: unknown, wanted: Json): Json {
  const had = isObject(current) ? current : {};
  const gone = Object.keys(had)
    .filter((name) => !Object.hasOwn(wanted, name) && !SHOWN_ONLY.includes(name))
    .map((name) => [name, null] as const);
  const kept = Object.entries(wanted).map(([name, value]) => [
    name,
    isObject(value) && isObject(had[name]) ? patchBetween(had[name], value) : value,
  ]);
  return Object.fromEntries([...gone, ...kept]) as Json;
}

function parseFile(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CallRequestError('The file is no JSON.');
  }
  if (isObject(value)) return value;
  throw new CallRequestError('The file must hold one JSON object, an assistant.');
}

function settingIn(text: string): [path: string[], value: unknown] {
  const [, path, value] = /^([a-z_]+(?:\.[^.=]+)*)=([^]*)$/.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw new CallRequestError('--set takes path=value, such as --set limits.max_turns=20.');
  }
  const names = path.split('.');
  const isText = names.length > 1 && MAPS_OF_TEXT.includes(names[0] ?? '') && value !== 'null';
  return [names, isText ? value : valueIn(value)];
}

/** JSON where it is meant as such, else text. */
function valueIn(text: string): unknown {
  if (!/^(?:[[{"]|-?\d|true$|false$|null$)/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (/^[[{]/.test(text)) throw new CallRequestError('A value of --set is no JSON.');
    return text;
  }
}

function withValue(target: Json, [name = '', ...rest]: string[], value: unknown): Json {
  if (name === '__proto__') throw new CallRequestError('--set takes no such path.');
  if (rest.length === 0) return { ...target, [name]: value };
  const inner = target[name];
  return { ...target, [name]: withValue(isObject(inner) ? inner : {}, rest, value) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
