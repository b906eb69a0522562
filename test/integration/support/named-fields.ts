/** Finds in the description of the API every field that names something of a workspace. */
import { resolved } from '../../http/api/served-description.ts';
import type { Description, Operation, Schema } from '../../http/api/served-description.ts';

/** What a field names: something with an id of this prefix, or by another word of it. */
export type Kind =
  | 'asst'
  | 'pn'
  | 'call'
  | 'sess'
  | 'key'
  | 'we'
  | 'dlv'
  | 'evt'
  | 'ws'
  | 'cursor'
  | 'number'
  | 'call_sid';

export interface NamedField {
  place: 'path' | 'query' | 'body';
  /** The name of a parameter, or the way through the body. */
  way: string[];
  kind: Kind;
}

const PREFIXES: readonly string[] = ['asst', 'pn', 'call', 'sess', 'key', 'we', 'dlv', 'evt', 'ws'];

/** @throws for a field that looks like an id and has no form by which to tell of what. */
export function namedFields(description: Description, operation: Operation): NamedField[] {
  const found = new Map<string, NamedField>();
  const add = (place: NamedField['place'], way: string[], kind: Kind) =>
    found.set(`${place} ${way.join('/')}`, { place, way, kind });

  for (const { in: place, name, schema } of operation.parameters ?? []) {
    if (place === 'header') continue;
    for (const [way, kind] of kindsIn(description, schema, [name])) add(place, way, kind);
  }
  for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
    if (!schema) continue;
    for (const [way, kind] of kindsIn(description, schema, [])) add('body', way, kind);
  }
  return [...found.values()];
}

function* kindsIn(
  description: Description,
  given: Schema,
  way: string[],
): Generator<[string[], Kind]> {
  const schema = resolved<Schema>(description, given);
  const name = way.at(-1) ?? '';
  const kind = kindOf(name, schema);
  if (kind) yield [way, kind];
  for (const each of ['anyOf', 'oneOf', 'allOf']) {
    for (const part of (schema[each] as Schema[] | undefined) ?? []) {
      yield* kindsIn(description, part, way);
    }
  }
  for (const [field, part] of Object.entries((schema['properties'] as object | undefined) ?? {})) {
    yield* kindsIn(description, part as Schema, [...way, field]);
  }
  for (const [each, step] of [
    ['items', '0'],
    ['additionalProperties', 'any'],
  ] as const) {
    const part = schema[each];
    if (typeof part === 'object' && part !== null) {
      yield* kindsIn(description, part as Schema, [...way, step]);
    }
  }
}

function kindOf(name: string, schema: Schema): Kind | undefined {
  if (/^(starting_after|ending_before)$/.test(name)) return 'cursor';
  const { pattern } = schema;
  if (typeof pattern === 'string') {
    const prefix = /^\^([a-z]+)_\[/.exec(pattern)?.[1];
    if (prefix !== undefined && PREFIXES.includes(prefix)) return prefix as Kind;
    if (pattern.startsWith('^\\+')) return 'number';
    if (pattern.startsWith('^CA')) return 'call_sid';
  }
  const isText = schema['type'] === 'string' && !('enum' in schema) && !('const' in schema);
  if (isText && /(^|_)(id|ids|sid)$/.test(name)) throw new Error(`What does ${name} name?`);
  return undefined;
}
