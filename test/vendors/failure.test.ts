import { describe, expect, test } from '@jest/globals';
import { failureOf, failureOfStatus } from '../../src/vendors/failure.ts';
import { retryAfterMs } from '../../src/vendors/retry-after.ts';
import { VendorError } from '../../src/vendors/vendor-error.ts';

const server = 'the speech server';

describe('what a status means', () => {
  test.each([
    [400, 'refused', undefined, false],
    [401, 'refused', undefined, true],
    [402, 'refused', undefined, true],
    [403, 'refused', undefined, true],
    [404, 'refused', undefined, false],
    [408, 'unavailable', undefined, false],
    [429, 'rate-limit', true, false],
    [500, 'unavailable', undefined, false],
    [529, 'unavailable', undefined, false],
  ])('%i is %s', (status, kind, retryable, isAccount) => {
    const failure = failureOfStatus(status, undefined, { server });
    expect(failure).toMatchObject({ kind, message: `the speech server answered ${status}` });
    expect(failure.options.retryable).toBe(retryable);
    expect(failure.options.isAccount ?? false).toBe(isAccount);
  });

  test('an account without money is refused for good, whatever the status', () => {
    const failure = failureOfStatus(429, undefined, { server, isAccount: true });
    expect(failure.options).toMatchObject({ isAccount: true, retryable: false });
  });
});

describe('what was thrown', () => {
  test.each([
    [new DOMException('aborted', 'AbortError'), 'timeout'],
    [new SyntaxError('Unexpected token'), 'bad-answer'],
    [new TypeError('fetch failed'), 'unavailable'],
    ['a text', 'unavailable'],
    [undefined, 'unavailable'],
  ])('%s is %s', (thrown, kind) => {
    const failure = failureOf(thrown, { server });
    expect(failure).toMatchObject({ kind, options: { original: thrown } });
    expect(failure.message).not.toMatch(/aborted|token|fetch|text/);
  });

  test('a VendorError keeps what it says', () => {
    const cause = new Error('secret');
    const error = new VendorError('rate-limit', 'later', { retryAfterMs: 5, original: cause });
    expect(failureOf(error, { server })).toEqual({
      kind: 'rate-limit',
      message: 'later',
      options: { retryable: true, isAccount: false, retryAfterMs: 5, original: cause },
    });
  });
});

describe('Retry-After', () => {
  test.each([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': ' 1.5 ' }, 1_500],
    [{ 'retry-after': '9', 'retry-after-ms': '30' }, 30],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after-ms': '-5' }, undefined],
    [{}, undefined],
  ])('%j is %s ms', (headers, ms) => {
    expect(retryAfterMs(new Headers(headers))).toBe(ms);
  });

  test('is not looked for where there are no headers', () => {
    expect(retryAfterMs(undefined)).toBeUndefined();
    expect(retryAfterMs({ 'retry-after': '2' })).toBeUndefined();
  });
});
