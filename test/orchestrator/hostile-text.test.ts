/** Text that is made to keep a machine busy: the time for it grows with its length, not faster. */
import { describe, expect, test } from '@jest/globals';
import { pressedKeys } from '../../src/orchestrator/heard-line.ts';
import { leaksPrompt } from '../../src/orchestrator/leak.ts';
import { forTheEar } from '../../src/orchestrator/machine-text.ts';
import { converse } from '../../src/orchestrator/providers/demo/demo-model.ts';
import { speakable } from '../../src/orchestrator/speakable.ts';
import { PROMPT } from './conformance.ts';

/** Far above what it takes on a busy machine, far below what a pattern takes that goes astray. */
const MAX_MS = 250;

function msOf(work: () => unknown): number {
  work(); // compiles the patterns
  const runs = [0, 1].map(() => {
    const before = performance.now();
    work();
    return performance.now() - before;
  });
  return Math.min(...runs);
}

const filled = (part: string, length: number) => part.repeat(Math.ceil(length / part.length));

describe('100 kB of an answer', () => {
  const shapes: [string, (n: number) => string][] = [
    ['empty lines', (n) => `a${'\n'.repeat(n)}b`],
    ['lines with a space', (n) => `a${filled('\n ', n)}b`],
    ['carriage returns', (n) => `a${filled('\r\n', n)}b`],
    ['separators of lines', (n) => `a${filled('\u2028', n)}b`],
    ['dashes', (n) => `${'-'.repeat(n)}x`],
    ['dashes as entities', (n) => `${filled('&#45;', n)}x`],
    ['dashes with invisible signs', (n) => `${filled('-\u200b', n)}x`],
    ['a cell of spaces', (n) => `| a${' '.repeat(n)}b|`],
    ['a cell of tabs and spaces', (n) => `| a${filled('\t ', n)}b|`],
    ['a cell of spaces as entities', (n) => `| a${filled('&#32;', n)}b|`],
    ['a heading of spaces', (n) => `# a${' '.repeat(n)}b`],
    ['a heading of marks', (n) => `# a${filled(' #', n)}b`],
    [
      'a heading with ends of lines as entities',
      (n) => `#${' '.repeat(n / 2)}x${filled('&#13;x', n / 2)}`,
    ],
    ['a rule of cells', (n) => `${filled('|-:', n)}x`],
    ['quotes', (n) => `${filled('> ', n)}x`],
    ...[
      '<!--',
      '<!-- -->',
      '<a b=c ',
      '<a b="',
      '&lt;',
      '![',
      '[a](',
      '[a][',
      '* a',
      '_a ',
      '```',
      '`',
    ].map((part): [string, (n: number) => string] => [part, (n) => filled(part, n)]),
    ...[
      '<think>',
      '{"a":"',
      '[{"',
      '<|a',
      '[the caller ',
      '\nUser',
      'end_call(a',
      '<tool=',
      '. ',
      'ﷺ',
    ].map((part): [string, (n: number) => string] => [part, (n) => filled(part, n)]),
  ];

  test.each(shapes)('of %s is read in no time', (_name, make) => {
    const text = make(100_000);
    expect(msOf(() => forTheEar(text))).toBeLessThan(MAX_MS);
    expect(msOf(() => speakable(text))).toBeLessThan(MAX_MS);
  });

  test.each(shapes)('of %s takes no more time than a fifth of it', (_name, make) => {
    const [short, long] = [make(20_000), make(100_000)].map((text) =>
      msOf(() => speakable(forTheEar(text))),
    );
    expect(long).toBeLessThan(25 + 4 * (short ?? 0));
  });

  test('is cut between characters', () => {
    const text = `${'a'.repeat(19_999)}😀`;
    expect(forTheEar(text)).toBe('a'.repeat(19_999));
    expect(speakable(text)).toMatch(/^a+$/);
  });
});

describe('instructions', () => {
  test.each(['"', '“', '„', '«', '“a”'])('of %s alone are searched in no time', (sign) => {
    const instructions = filled(sign, 100_000);
    expect(msOf(() => leaksPrompt('Hello.', { frame: '', instructions }))).toBeLessThan(MAX_MS);
  });
});

describe('16,000 characters of a caller', () => {
  const N = 16_000;
  const shapes: [string, string][] = [
    ['keys in front of spaces', `keys 1${' '.repeat(N)}x`],
    ['keys between spaces', `keys ${filled('1  ', N)}x`],
    ['capitals behind a comma', `at 7 pm ,${'A'.repeat(N)}1`],
    ['dots', `${'.'.repeat(N)}x`],
    ['words between dots', `x${filled(' . please', N)} x`],
    ['corrections without a number', `${filled('1 ', 1_000)}${filled('no ', N)}x 5`],
    ...[
      ...[
        'talk ',
        'when are you ',
        'not on ',
        'just put ',
        'um ',
        'no , ',
        'friday ',
        '5 ',
        '12/5 ',
      ],
      ...[
        'in 2 weeks ',
        'next ',
        'a week from ',
        'half past ',
        '7 pm ',
        'my wife and ',
        'S, ',
        'Mr ',
        'I am ',
      ],
      ...['name is ', 'A-', 'monday at 5 ', '1 no ', '1:', '2026-', '5th of ', "'", 'january '],
    ].map((part): [string, string] => [part, filled(part, N)]),
  ];
  const replyTo = (asked: string, content: string) =>
    converse({
      call: PROMPT.call,
      messages: [
        { role: 'user', content: 'a table for two on friday at half past seven' },
        { role: 'assistant', content: asked },
        { role: 'user', content },
      ],
    });

  test.each(shapes)('of %s are answered by the demo in no time', (_name, speech) => {
    expect(msOf(() => pressedKeys(speech))).toBeLessThan(MAX_MS);
    expect(msOf(() => replyTo('What name is it for?', speech))).toBeLessThan(MAX_MS);
  });
});
