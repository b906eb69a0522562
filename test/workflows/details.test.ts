import { describe, expect, test } from '@jest/globals';
import { callDetails } from '../../workflows/details.ts';
import { greeted, inbound } from './builders.ts';

/** The one line of the details that shows the caller's words. */
function shown(words: string): string {
  const details = callDetails(greeted().says('1', words).state);
  return details.slice(details.indexOf('**Caller:** ') + '**Caller:** '.length);
}

describe('the details of a call', () => {
  test('are a transcript with the state above it', () => {
    const call = greeted().says('1', 'a table').replies('1', 'For when?').says('2', 'tonight');
    expect(callDetails(call.state).split('\n\n')).toEqual([
      '**thinking** · inbound · 2 turns',
      '**Assistant:** Hello, how can I help?',
      '**Caller:** a table',
      '**Assistant:** For when?',
      '**Caller:** tonight',
      '_(thinking)_',
    ]);
  });

  test('say why a call ended', () => {
    expect(callDetails(inbound().twilioSays('completed').state)).toContain(
      '**ended** · caller-hung-up',
    );
  });

  test('show keys and silence', () => {
    const call = greeted().hears('1', { kind: 'keys', digits: '12' }).replies('1').silent('2');
    expect(callDetails(call.state)).toContain('keys 12');
    expect(callDetails(call.state)).toContain('silence');
  });

  test('of a long call show the newest turns and count the others', () => {
    const call = greeted({ limits: { callSeconds: 9999, turns: 99, farewell: '' } });
    for (let turn = 1; turn <= 45; turn++)
      call.says(String(turn), `saying ${turn}.`).replies(String(turn));
    const details = callDetails(call.state);
    expect(details).toContain('5 earlier turns');
    expect(details).not.toContain('saying 5.');
    expect(details).toContain('saying 6.');
    expect(details).toContain('saying 45.');
  });

  test.each([
    ['# heading', '\\# heading'],
    ['**bold** _it_', '\\*\\*bold\\*\\* \\_it\\_'],
    ['[a](http://b)', '\\[a\\]\\(http'],
    ['![a](b)', '\\!\\[a\\]\\(b\\)'],
    ['<img src=x onerror=y>', '\\<img src=x onerror=y\\>'],
    ['<http://evil.example>', '\\<http'],
    ['`code`', '\\`code\\`'],
    ['- item', '\\- item'],
    ['| a | b |', '\\| a \\| b \\|'],
    ['~~gone~~', '\\~\\~gone\\~\\~'],
    ['\\# not escaped', '\\\\\\# not escaped'],
  ])('show "%s" as it is', (words, start) => {
    expect(shown(words).startsWith(start)).toBe(true);
  });

  test('show no character of the caller that begins Markdown or HTML without its escape', () => {
    const all = '\\`*_{}[]<>()#+!|~-';
    const bare = shown(`${all}x`).replace(/\\[\\`*_{}[\]<>()#+!|~-]/g, '');
    expect(bare.startsWith('x')).toBe(true);
  });

  test('escape the words of the model as well', () => {
    const call = greeted().says('1').replies('1', '# Heading <b>');
    expect(callDetails(call.state)).toContain('**Assistant:** \\# Heading \\<b\\>');
  });

  test("escape an assistant's greeting as well", () => {
    expect(callDetails(greeted({ firstMessage: '<script>' }).state)).toContain('\\<script\\>');
  });
});

describe('words over several lines', () => {
  test('make no heading by a line of === below them', () => {
    expect(shown('Pay now\n===')).not.toMatch(/\n\s*=+/);
  });

  test('make no paragraph, list or code of their own', () => {
    expect(shown('a\n\n    code\n\n1. one').split('\n')[0]).toContain('code 1. one');
  });
});

describe('an address among the words', () => {
  test('is not made a link by the viewer', () => {
    expect(shown('pay at https://evil.example/pay')).not.toContain('https://evil.example');
  });

  test('is not made a link by the viewer without its scheme either', () => {
    expect(shown('pay at www.evil.example')).not.toContain('www.evil.example');
  });
});
