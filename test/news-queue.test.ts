import { describe, expect, test } from '@jest/globals';
import { NewsQueue } from '../src/news-queue.ts';

/** A receiver that takes what it is told to take. */
function receiver(fails: (item: number, tries: number) => boolean = () => false) {
  const taken: number[] = [];
  const tries = new Map<number, number>();
  let empty = 0;
  const queue = new NewsQueue<number>({
    send: async (item) => {
      await new Promise((resolve) => setImmediate(resolve));
      const count = (tries.get(item) ?? 0) + 1;
      tries.set(item, count);
      if (fails(item, count)) throw new Error('not taken');
      taken.push(item);
    },
    onEmpty: () => {
      empty += 1;
    },
  });
  return { queue, taken, tries, emptied: () => empty };
}

describe('news that wait', () => {
  test('are sent one after the other, in order', async () => {
    const { queue, taken, emptied } = receiver();
    for (let item = 0; item < 50; item += 1) expect(queue.add(item)).toBe(true);
    await queue.settled();
    expect(taken).toEqual(Array.from({ length: 50 }, (_, item) => item));
    expect(emptied()).toBe(1);
  });

  test('wait for the one in front until it is taken', async () => {
    const { queue, taken, tries } = receiver((item, count) => item === 1 && count < 3);
    [0, 1, 2].forEach((item) => queue.add(item));
    await queue.settled();
    expect(taken).toEqual([0, 1, 2]);
    expect(tries.get(1)).toBe(3);
  });

  test('that are added while others are settled are settled, too', async () => {
    const { queue, taken } = receiver();
    queue.add(1);
    const settled = queue.settled();
    queue.add(2);
    await settled;
    expect(taken).toEqual([1, 2]);
    queue.add(3);
    await queue.settled();
    expect(taken).toEqual([1, 2, 3]);
  });

  test('are dropped when there are too many, and say so', async () => {
    const { queue, taken } = receiver();
    const added = Array.from({ length: 6_000 }, (_, item) => queue.add(item));
    expect(added.filter(Boolean)).toHaveLength(5_000);
    await queue.settled();
    expect(taken).toHaveLength(5_000);
  });

  test('are let go of when they are given up', async () => {
    const { queue, taken } = receiver(() => true);
    queue.add(1);
    queue.giveUp();
    await queue.settled();
    expect(taken).toEqual([]);
    expect(queue.add(2)).toBe(false);
  });
});
