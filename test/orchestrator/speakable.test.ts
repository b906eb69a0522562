import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_SPOKEN_LENGTH, speakable } from '../../src/orchestrator/speakable.ts';

describe('what has meaning in plain words stays', () => {
  test.each([
    'a < b and b > c',
    'if x <y and z> w',
    '5 * 3 is 15, 2*3*4 is 24',
    'AT&T and R&D',
    'snake_case and file_name_here',
    'It costs $5, or 10% less - really!',
    'Grüße aus Köln. ¿Cómo está? Ça va bien.',
    '您好，请问几点？我们七点开门。',
    'مرحبا بك',
    'می‌خواهم',
    'नमस्ते, आप कैसे हैं?',
    '1. First this. 2. Then that.',
    'The temperature is -5 degrees.',
    'Say "yes" or \'no\'.',
    'C# and F# are languages, #1 of them too.',
  ])('%s', (text) => {
    expect(speakable(text)).toBe(text);
  });
});

describe('markup goes, its words stay', () => {
  test.each([
    ['**Hello** there', 'Hello there'],
    ['*Hello* and __goodbye__ and _now_', 'Hello and goodbye and now'],
    ['***all*** ~~old~~', 'all old'],
    ['# Opening hours\nWe open at nine.', 'Opening hours. We open at nine.'],
    ['- one\n- two\n* three', 'one. two. three.'],
    ['```xml\n<speak>Hi</speak>\n```', 'Hi'],
    ['Say `yes` now', 'Say yes now'],
    ['See [our page](https://example.org/a_b) for more', 'See our page for more'],
    ['![a cat](cat.png) is here', 'a cat is here'],
    ['<speak>Hello <break time="1s"/>you</speak>', 'Hello you'],
    ['Hel<b>lo</b>', 'Hello'],
    ['<prosody rate="slow">Wait</prosody>.', 'Wait.'],
    ['one<br>two<br/>three', 'one two three'],
    ['<Say voice="x">Hi</Say><Hangup/>', 'Hi'],
    ['<<b>b>bold', 'bold'],
    ['&lt;Hangup/&gt; AT&amp;T', 'AT&T'],
    ['<!-- secret -->Hello', 'Hello'],
    ['<?xml version="1.0"?><Response>Hi</Response>', 'Hi'],
    ['> quoted\n> twice', 'quoted twice'],
    ['| a | b |\n|---|---|\n| c | d |', 'a, b. c, d.'],
    ['above\n---\nbelow', 'above below'],
    ['<think>They want a table.</think>\n\nFor how many?', 'For how many?'],
    ['They want a table.</think>For how many?', 'For how many?'],
    ['Sure! 😀👍🏽 Done ✅', 'Sure! Done'],
  ])('%j is said as %j', (written, spoken) => {
    expect(speakable(written)).toBe(spoken);
  });
});

describe('what no voice can say', () => {
  test.each([
    ['a\u0000b\u0007c\u009fd', 'abcd'],
    ['a\ud800b', 'ab'],
    ['\udc00\ud83d', ''],
    ['a\uffffb\ufffec\ufdd0d\u{1ffff}e', 'abcde'],
    ['a\u202eb\u200bc\ufeffd', 'abcd'],
    ['a \t\r\n\n  b\u2028c', 'a b c'],
    ['', ''],
    ['   \n ', ''],
    ['...', ''],
    ['**', ''],
    ['😀', ''],
    ['<think>still thinking', ''],
    ['<Hangup/>', ''],
  ])('%j becomes %j', (written, spoken) => {
    expect(speakable(written)).toBe(spoken);
  });
});

describe('length', () => {
  test('a long text ends with a whole sentence', () => {
    const spoken = speakable('This is one sentence. '.repeat(5_000));
    expect(spoken.length).toBeLessThanOrEqual(MAX_SPOKEN_LENGTH);
    expect(spoken.length).toBeGreaterThan(MAX_SPOKEN_LENGTH - 30);
    expect(spoken).toMatch(/sentence\.$/);
  });

  test('a long text without sentences ends with a whole word', () => {
    const spoken = speakable('word '.repeat(5_000));
    expect(spoken.length).toBeLessThanOrEqual(MAX_SPOKEN_LENGTH);
    expect(spoken).toMatch(/word$/);
  });

  test('a text without any space is cut between characters', () => {
    const spoken = speakable('𝒳'.repeat(20_000));
    expect(spoken.length).toBeLessThanOrEqual(MAX_SPOKEN_LENGTH);
    expect(spoken).not.toMatch(/\p{Surrogate}/u);
  });

  test.each(['<a x="', '<', '*a', '[a](', '[', '&#', '```', '<think>', '<!--', '_a ', '<a b=c '])(
    'a megabyte of %j takes less than a second',
    (piece) => {
      const before = performance.now();
      speakable(piece.repeat(Math.ceil(1_000_000 / piece.length)));
      expect(performance.now() - before).toBeLessThan(1_000);
    },
  );
});

const markup = fc.constantFrom(
  ...['<', '>', '&', '*', '_', '`', '#', '[', ']', '(', ')', '|', '\\', '\n', ' ', '- ', '~', '"'],
  ...[
    '</',
    '/>',
    '<b>',
    '<think>',
    '</think>',
    '&lt;',
    '&amp;',
    '&#60;',
    '<!--',
    '-->',
    '```',
    'a',
  ],
);
const wild = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(markup, { maxLength: 60 }).map((parts) => parts.join('')),
  fc.array(fc.nat(0xffff), { maxLength: 100 }).map((codes) => String.fromCharCode(...codes)),
);

describe('for any text', () => {
  test('nothing that breaks XML or a voice is left', () => {
    fc.assert(
      fc.property(wild, (written) => {
        const spoken = speakable(written);
        expect(spoken).not.toMatch(/[\p{Cc}\p{Surrogate}\p{Noncharacter_Code_Point}]/u);
        expect(spoken).not.toMatch(/<\/?[a-z][\w:.-]*\s*\/?>|\s\s|^\s|\s$/i);
        expect(spoken.length).toBeLessThanOrEqual(MAX_SPOKEN_LENGTH);
        expect(spoken === '' || /[\p{L}\p{N}]/u.test(spoken)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  test('cleaning twice changes nothing more', () => {
    fc.assert(
      fc.property(wild, (written) => {
        const once = speakable(written);
        expect(speakable(once)).toBe(once);
      }),
      { numRuns: 10_000 },
    );
  });
});
