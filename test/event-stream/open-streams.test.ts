import { describe, expect, test } from '@jest/globals';
import { OpenStreams } from '../../src/event-stream/open-streams.ts';
import type { OpenStreamsOptions } from '../../src/event-stream/open-streams.ts';
import { SharedReads } from '../../src/event-stream/shared-reads.ts';
import { eventually } from '../integration/support/eventually.ts';

const holder = { workspaceId: 'ws_1', keyId: 'key_1', scope: 'events:read' };
const rights = (given: Record<string, string[]>) => async () => new Map(Object.entries(given));

function streams(options: Partial<OpenStreamsOptions> = {}) {
  const counts: number[] = [];
  const open = new OpenStreams({
    rightsOf: rights({ key_1: ['events:read'] }),
    onCount: (count) => counts.push(count),
    ...options,
  });
  return { open, counts };
}

describe('open streams', () => {
  test('are counted, by workspace and in all, and leave once', () => {
    const { open, counts } = streams({ perWorkspace: 2, inAll: 3 });
    const leave = open.add(holder, () => undefined);
    open.add(holder, () => undefined);
    expect([open.hasRoom('ws_1'), open.hasRoom('ws_2')]).toEqual([false, true]);
    open.add({ ...holder, workspaceId: 'ws_2' }, () => undefined);
    expect(open.hasRoom('ws_3')).toBe(false);
    leave();
    leave();
    expect([open.hasRoom('ws_1'), open.hasRoom('ws_3'), open.size]).toEqual([true, true, 2]);
    expect(counts).toEqual([1, 2, 3, 2]);
  });

  test('end when their key may no more what they need, those of other keys go on', async () => {
    const ended: string[] = [];
    const { open } = streams({
      checkMs: 10,
      rightsOf: rights({ key_1: ['calls:read'], key_2: ['events:read'], key_3: ['admin'] }),
    });
    const add = (keyId: string, expiresAtMs = Infinity) =>
      open.add({ ...holder, keyId, expiresAtMs }, () => ended.push(`${keyId} ${expiresAtMs}`));
    for (const keyId of ['key_1', 'key_2', 'key_3', 'key_4']) add(keyId);
    add('key_2', 1);
    await eventually(() =>
      expect(new Set(ended)).toEqual(new Set(['key_1 Infinity', 'key_4 Infinity', 'key_2 1'])),
    );
    open.close();
  });

  test('are asked about once for all, not while there are none, and go on while nobody knows', async () => {
    const asked: (readonly string[])[] = [];
    let ended = 0;
    const { open } = streams({
      checkMs: 10,
      rightsOf: async (keyIds) => {
        asked.push(keyIds);
        throw new Error('away');
      },
    });
    const leaving = Array.from({ length: 50 }, () => open.add(holder, () => (ended += 1)));
    await eventually(() => expect(asked.length).toBeGreaterThan(2));
    expect(asked.every((keyIds) => keyIds.length === 1)).toBe(true);
    expect(ended).toBe(0);
    for (const leave of leaving) leave();
    const before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toHaveLength(before);
  });

  test('all end when the process stops', () => {
    let ended = 0;
    const { open } = streams();
    for (let nth = 0; nth < 3; nth += 1) open.add(holder, () => (ended += 1));
    open.close();
    expect([ended, open.isClosed]).toEqual([3, true]);
  });
});

describe('shared reads', () => {
  test('of the same are one, of others a few at a time, and a failure holds up nobody', async () => {
    const reads = new SharedReads(2);
    let running = 0;
    let most = 0;
    let count = 0;
    const work = async () => {
      count += 1;
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      if (count % 3 === 0) throw new Error('away');
      return count;
    };
    const names = Array.from({ length: 40 }, (_, nth) => `read ${nth % 10}`);
    const outcomes = await Promise.allSettled(names.map((name) => reads.read(name, work)));
    expect([count, most, running]).toEqual([10, 2, 0]);
    expect(outcomes.slice(0, 10)).toEqual(outcomes.slice(10, 20));
    await expect(reads.read('read 0', async () => 'anew')).resolves.toBe('anew');
  });
});
