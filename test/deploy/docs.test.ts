/** The pages for people: their links lead somewhere, their variables exist. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { VARIABLE_NAMES } from '../../src/config-variables.ts';
import { MAIN_FILE, readCompose, readText, ROOT, variablesIn } from './compose-files.ts';

const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Variables that begin like ours and are not ours. */
const OTHERS = [
  'NODE_OPTIONS', // Node
  'VOCA_RECORD_HISTORIES', // our tests
  'VOCA_SCHEMATHESIS_SEED',
  'VOCA_SCHEMATHESIS_SECONDS',
];

interface Link {
  target: string;
  anchor?: string;
}

function linksOf(page: string): Link[] {
  const text = readText(page).replaceAll(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [target = '', anchor] = link.split('#');
      return { target, ...(anchor !== undefined && { anchor }) };
    });
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  const text = readText(page).replaceAll(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function knownVariables(): Set<string> {
  const file = readCompose(MAIN_FILE);
  const inServices = Object.values(file.services).flatMap(({ environment }) =>
    Object.keys(environment ?? {}),
  );
  return new Set([...VARIABLE_NAMES, ...variablesIn(file), ...inServices, ...OTHERS]);
}

describe.each(PAGES)('%s', (page) => {
  test('links to files that exist, and to headings that they have', () => {
    const broken = linksOf(page).filter(({ target, anchor }) => {
      const file = target === '' ? page : join(dirname(page), target);
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  // A name counts as a variable when it begins like one; others are constants of some code.
  test('names environment variables that exist', () => {
    const known = [...knownVariables()];
    const beginnings = new Set(known.map((name) => name.split('_')[0]));
    const named = readText(page).match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:_\*|\b)/g) ?? [];
    const unknown = named
      .filter((name) => beginnings.has(name.split('_')[0]))
      .filter((name) =>
        name.endsWith('_*')
          ? !known.some((each) => each.startsWith(name.slice(0, -1)))
          : !known.includes(name),
      );
    expect([...new Set(unknown)]).toEqual([]);
  });
});

test('the pages of docs are found', () => {
  expect(PAGES).toEqual(
    expect.arrayContaining([
      'docs/backup.md',
      'docs/deployment.md',
      'docs/temporal-cloud.md',
      'docs/twilio-console.md',
      'docs/upgrade.md',
    ]),
  );
});
