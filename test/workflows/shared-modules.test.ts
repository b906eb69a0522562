/** All calls of a worker share the modules of the workflows (`scripts/build.js`), so these hold no state. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const FOLDER = join(__dirname, '..', '..', 'workflows');
/** Formatted code: what begins a line is of the module. */
const DECLARED = /^(?:export )?(let|var|const) (\w+)(?:: ([^=]*))?(?: = (.*))?/gm;
const COLLECTION = /^new (Weak)?(Map|Set)\b/;

/** What lives as long as the worker and can change, by name. */
function stateOf(text: string): string[] {
  return [...text.matchAll(DECLARED)]
    .filter(([, kind, , type = '', value = '']) => {
      return kind !== 'const' || (COLLECTION.test(value) && !type.startsWith('Readonly'));
    })
    .map(([, , name = '']) => name);
}

describe('a module of the workflows', () => {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  test.each(names.filter((name) => name.endsWith('.ts')))('%s holds no state', (name) => {
    expect(stateOf(readFileSync(join(FOLDER, name), 'utf8'))).toEqual([]);
  });

  test.each([
    ['let calls = 0;', ['calls']],
    ['export let last: string | undefined;', ['last']],
    ['const seen = new Set<string>();', ['seen']],
    ['const cache = new WeakMap();', ['cache']],
    ['const KNOWN: ReadonlySet<string> = new Set();', []],
    ['const LIMIT = 3;\nfunction f() {\n  let own = 0;\n}', []],
  ])('is read right: %s', (text, found) => {
    expect(stateOf(text)).toEqual(found);
  });
});
