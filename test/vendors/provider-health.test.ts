import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProviderHealth } from '../../src/vendors/provider-health.ts';
import { VendorError } from '../../src/vendors/vendor-error.ts';

let now = 0;
let health: ProviderHealth;
beforeEach(() => {
  now = 1_000_000;
  health = new ProviderHealth({ now: () => now, random: () => 0.5 });
});

const unavailable = new VendorError('unavailable', 'down');
const timeout = new VendorError('timeout', 'slow');
const badRequest = new VendorError('refused', 'no');
const badKey = new VendorError('refused', 'no', { isAccount: true });
const absurd = new VendorError('bad-answer', 'what?');
const tooMany = (retryAfterMs?: number) =>
  new VendorError('rate-limit', 'later', retryAfterMs === undefined ? {} : { retryAfterMs });

function fail(error: VendorError, times: number): void {
  for (let count = 0; count < times; count += 1) health.begin()(error);
}

describe('the breaker of a provider', () => {
  test.each([
    ['connections that fail', unavailable],
    ['time that runs out', timeout],
    ['a key that is refused', badKey],
    ['a rate limit without a time', tooMany()],
  ])('opens after five times %s', (_what, error) => {
    fail(error, 4);
    expect(health.state).toBe('closed');
    expect(health.isOpenToQuestions()).toBe(true);
    fail(error, 1);
    expect(health.state).toBe('open');
    expect(health.isOpenToQuestions()).toBe(false);
  });

  test.each([
    ['a request of one assistant that is refused', badRequest],
    ['an absurd answer', absurd],
    ['a rate limit that names its time', tooMany(10)],
  ])('stays closed whatever the number of times %s', (_what, error) => {
    fail(error, 100);
    expect(health.state).toBe('closed');
  });

  test('counts failures in a row only', () => {
    for (let count = 0; count < 10; count += 1) {
      fail(unavailable, 4);
      health.begin()('answered');
    }
    expect(health.state).toBe('closed');
  });

  test('lets one question through after a while, and closes when it is answered', () => {
    fail(unavailable, 5);
    now += 9_999;
    expect(health.isOpenToQuestions()).toBe(false);
    now += 1;
    expect(health.state).toBe('half-open');
    const probe = health.begin();
    expect(health.isOpenToQuestions()).toBe(false);
    probe('answered');
    expect(health.state).toBe('closed');
    fail(unavailable, 4);
    expect(health.state).toBe('closed');
  });

  test('opens for longer each time its question fails, up to a minute', () => {
    fail(unavailable, 5);
    const whiles: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      whiles.push(health.openMs);
      now += health.openMs;
      fail(timeout, 1);
    }
    expect(whiles).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  test.each([
    ['that nobody waited for', 'unknown' as const],
    ['that was refused', badRequest],
    ['that was answered absurdly', absurd],
  ])('gives the place of a question %s to the next one', (_what, ending) => {
    fail(unavailable, 5);
    now += 10_000;
    health.begin()(ending);
    expect(health.state).toBe('half-open');
    expect(health.isOpenToQuestions()).toBe(true);
  });

  test('is not opened for longer by questions from before it opened', () => {
    const late = [health.begin(), health.begin()];
    fail(unavailable, 5);
    now += 5_000;
    for (const settle of late) settle(unavailable);
    expect(health.openMs).toBe(5_000);
  });

  test('takes the first ending of a question only', () => {
    for (let count = 0; count < 3; count += 1) {
      const settle = health.begin();
      settle(unavailable);
      settle(unavailable);
    }
    expect(health.state).toBe('closed');
  });

  test('spreads its return, so that processes do not come back at the same moment', () => {
    const whiles = [0, 0.999].map((random) => {
      const other = new ProviderHealth({ now: () => now, random: () => random });
      for (let count = 0; count < 5; count += 1) other.begin()(unavailable);
      return other.openMs;
    });
    expect(whiles[0]).toBe(8_000);
    expect(whiles[1]).toBeGreaterThan(11_900);
  });
});

describe('a wait that the server has asked for', () => {
  test('is kept, also when others would come back sooner', () => {
    fail(tooMany(20_000), 1);
    fail(tooMany(5_000), 1);
    expect(health.waitMs).toBe(20_000);
    expect(health.isOpenToQuestions()).toBe(false);
    now += 19_999;
    expect(health.isOpenToQuestions()).toBe(false);
    now += 1;
    expect(health.isOpenToQuestions()).toBe(true);
  });

  test('is not ended by an answer to a question from before it', () => {
    const early = health.begin();
    fail(tooMany(20_000), 1);
    early('answered');
    expect(health.isOpenToQuestions()).toBe(false);
  });

  test('of a day is believed for ten minutes', () => {
    fail(tooMany(86_400_000), 1);
    expect(health.waitMs).toBe(600_000);
  });
});

test('whatever happens, the provider is asked again at some time', () => {
  const event = fc.oneof(
    fc.constantFrom<VendorError | 'answered' | 'unknown'>(
      ...[unavailable, timeout, badRequest, badKey, absurd, tooMany(), tooMany(30_000)],
      ...(['answered', 'unknown'] as const),
    ),
    fc.nat(30_000),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      health = new ProviderHealth({ now: () => now, random: () => 0.5 });
      for (const each of events) {
        if (typeof each === 'number') now += each;
        else if (health.isOpenToQuestions()) health.begin()(each);
      }
      now += 600_000;
      expect(health.isOpenToQuestions()).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
