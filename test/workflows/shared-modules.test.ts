/** All calls of a worker share the modules of the workflows (`scripts/build.js`), so these hold no state. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(__dirname, '..', '..');
const names = readdirSync(join(ROOT, 'workflows'), { recursive: true, encoding: 'utf8' });
const FILES = [
  ...names.filter((name) => name.endsWith('.ts')).map((name) => join('workflows', name)),
  ...['bundled-failures.ts', 'sealed-failures.ts'].map((name) => join('src', 'sealing', name)),
];

/** Formatted code: what begins a line is of the module. */
const DECLARED = /^(?:export )?(let|var|const) (.*)/gm;
/** To be filled later. */
const EMPTY = / = (?:new (?:Weak)?(?:Map|Set)\b|new Array\b|\[\]|\{\})/;
const STATIC = /^\s+(?:private |public |protected )?static (?!readonly )[#\w]+(?:: [^(]+)? =.*/gm;

/** What lives as long as the worker and can change, by what declares it. */
function stateOf(text: string): string[] {
  const variables = [...text.matchAll(DECLARED)].filter(([, kind, rest = '']) => {
    return kind !== 'const' || (EMPTY.test(rest) && !/^\w+: Readonly/.test(rest));
  });
  return [...variables, ...text.matchAll(STATIC)].map(([line]) => line.trim());
}

describe('a module of the workflows', () => {
  test.each(FILES)('%s holds no state', (name) => {
    expect(stateOf(readFileSync(join(ROOT, name), 'utf8'))).toEqual([]);
  });

  test.each([
    'let calls = 0;',
    'export let last: string | undefined;',
    'let { a } = b;',
    'const seen = new Set<string>();',
    'const handlers: Map<string, () => void> = new Map();',
    'const cache = new WeakMap();',
    'const names: string[] = [];',
    'const known: Record<string, string> = {};',
    'static last = 0;',
  ])('would be found out with %p', (line) => {
    expect(stateOf(line.startsWith('static') ? `class A {\n  ${line}\n}` : line)).toEqual([line]);
  });

  test.each([
    'const KNOWN: ReadonlySet<string> = new Set();',
    'const LIMIT = 3;\nfunction f() {\n  let own = 0;\n}',
    'class A {\n  static readonly NAME = 1;\n  static of(): A {}\n}',
  ])('may hold %p', (text) => {
    expect(stateOf(text)).toEqual([]);
  });
});
