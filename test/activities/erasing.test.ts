import { beforeEach, describe, expect, test } from '@jest/globals';
import { eraseDue, eraseOfSession } from '../../activities/erasing.ts';
import type { Eraser } from '../../activities/erasing.ts';
import type { CallToErase } from '../../workflows/erase.ts';

/** What is left, and what becomes of each when it is to be erased. */
let left: Map<string, 'erased' | 'open' | 'away'>;
let told: [number, number][];
let forgotten: string[];
let atOnce: number;
let most: number;
beforeEach(() => {
  left = new Map();
  told = [];
  forgotten = [];
  atOnce = 0;
  most = 0;
});

const first = (limit: number): Promise<CallToErase[]> =>
  Promise.resolve(
    [...left.keys()].slice(0, limit).map((callId) => ({ workspaceId: 'ws_1', callId })),
  );

const eraser: Eraser = {
  erase: async ({ callId }) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce -= 1;
    const fate = left.get(callId) ?? 'unknown';
    if (fate === 'away') throw new Error('Temporal is away');
    if (fate === 'erased') left.delete(callId);
    return fate;
  },
  forgetSession: ({ sessionId }) => {
    forgotten.push(sessionId);
    return Promise.resolve();
  },
  callsOf: (_session, limit) => first(limit),
  due: first,
  removeOld: () => Promise.resolve(),
  onRetention: ({ erased, failed }) => told.push([erased, failed]),
};

const add = (count: number, fate: 'erased' | 'open' | 'away'): void => {
  const from = left.size;
  for (let n = 0; n < count; n += 1) left.set(`call_${from + n}`, fate);
};

describe('what is kept no longer', () => {
  test('is erased in batches, several calls at once but not all', async () => {
    add(550, 'erased');
    expect(await eraseDue(eraser)).toEqual({ erased: 500, failed: 0, more: true });
    expect(await eraseDue(eraser)).toEqual({ erased: 50, failed: 0, more: false });
    expect(told).toEqual([
      [500, 0],
      [50, 0],
    ]);
    expect(most).toBe(50);
    expect(await eraseDue(eraser)).toEqual({ erased: 0, failed: 0, more: false });
    expect(told).toHaveLength(2);
  });

  test('is not hidden by calls that cannot be erased now', async () => {
    add(500, 'open');
    add(30, 'erased');
    expect(await eraseDue(eraser)).toEqual({ erased: 30, failed: 500, more: false });
  });

  test('is left when nothing at all can be erased', async () => {
    add(2_000, 'away');
    expect(await eraseDue(eraser)).toEqual({ erased: 0, failed: 1_500, more: true });
    expect(told).toEqual([[0, 1_500]]);
  });
});

describe('a session', () => {
  const session = { workspaceId: 'ws_1', sessionId: 'sess_1' };

  test('is forgotten, then its calls are erased', async () => {
    add(3, 'erased');
    expect(await eraseOfSession(eraser, session)).toEqual({ erased: 3, failed: 0, left: false });
    expect(forgotten).toEqual(['sess_1']);
  });

  test('is not done while one of its calls is open', async () => {
    add(2, 'erased');
    add(1, 'open');
    expect(await eraseOfSession(eraser, session)).toEqual({ erased: 2, failed: 1, left: true });
  });
});
