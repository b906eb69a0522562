import { expect, test } from '@jest/globals';
import { answerStart } from '../../src/webhooks/answer-start.ts';

test('is plain text without what steers terminals', () => {
  expect(answerStart('ok\r\n\u0000\u001b[31mred\u0007\u009b\ttab')).toBe('ok\n[31mred\ttab');
});

test('is at most 1 KB of UTF-8, and ends with a whole character', () => {
  for (const text of [
    'x'.repeat(5000),
    'é'.repeat(5000),
    '😀'.repeat(5000),
    `x${'€'.repeat(900)}`,
  ]) {
    const start = answerStart(text);
    expect(Buffer.byteLength(start)).toBeLessThanOrEqual(1024);
    expect(Buffer.byteLength(start)).toBeGreaterThan(1020);
    expect(text.startsWith(start)).toBe(true);
  }
});
