import { describe, expect, test } from '@jest/globals';
import { TokenBucket } from '../../../src/http/operator/token-bucket.ts';

describe('a token bucket', () => {
  test('lets a burst through, then so many a second, and says how long to wait', () => {
    let now = 0;
    const bucket = new TokenBucket(3, 0.5, () => now);
    expect([1, 2, 3].map(() => bucket.take())).toEqual([0, 0, 0]);
    expect(bucket.take()).toBe(2);
    now += 1000;
    expect(bucket.take()).toBe(1);
    now += 1000;
    expect([bucket.take(), bucket.take()]).toEqual([0, 2]);
    now += 3_600_000;
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([0, 0, 0, 2]);
  });
});
