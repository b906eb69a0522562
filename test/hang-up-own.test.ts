import { beforeEach, expect, test } from '@jest/globals';
import type { ActiveCall } from '../src/active-calls.ts';
import { NotReadyError } from '../src/call-errors.ts';
import { hangUpOwn } from '../src/hang-up-own.ts';
import type { HangUpOwn } from '../src/hang-up-own.ts';
import type { CallSnapshot } from '../workflows/contract.ts';

/** What each look at Temporal's list shows; the last one again and again. */
let lists: ActiveCall[][];
let calls: Map<string, CallSnapshot | 'silent'>;
let ended: [string, string][];
beforeEach(() => {
  lists = [];
  calls = new Map();
  ended = [];
});

const manager = {
  listActive: () => Promise.resolve([...((lists.length > 1 ? lists.shift() : lists[0]) ?? [])]),
  getCallStatus: (callId: string) => {
    const call = calls.get(callId);
    if (call === 'silent') return Promise.reject(new NotReadyError('No worker answers.'));
    return Promise.resolve(call);
  },
  hangupCall: (callId: string, message = '') => {
    ended.push([callId, message]);
    return Promise.resolve({ callId, result: 'ended' as const });
  },
};

/** @param listed what the list says; `says` what the call itself does */
function open(callId: string, listed?: string, says = listed): ActiveCall {
  const startedAt = '2026-03-01T12:00:00.000Z';
  const call = {
    callId,
    direction: 'inbound',
    from: '+1',
    to: '+2',
    turns: [],
    startedAt,
  } as const;
  calls.set(callId, {
    ...call,
    status: 'listening',
    turns: [],
    ...(says !== undefined && { workspaceId: says }),
  });
  return {
    callId,
    direction: 'inbound',
    status: 'in-progress',
    startedAt,
    ...(listed !== undefined && { workspaceId: listed }),
  };
}

const hangUp = (more: Partial<HangUpOwn> = {}, asked = manager) =>
  hangUpOwn(asked, {
    workspaceId: 'ws_1',
    isOwn: () => Promise.resolve(false),
    matches: () => true,
    ...more,
  });

test('the calls of a workspace are ended, after a word, as many as there are', async () => {
  lists = [Array.from({ length: 50 }, (_, n) => open(`call_${n}`, 'ws_1'))];
  const results = await hangUp({ message: 'Goodbye.' });
  expect(results).toHaveLength(50);
  expect(ended).toHaveLength(50);
  expect(ended[0]).toEqual(['call_0', 'Goodbye.']);
});

test('calls that the list shows later are ended too, each once', async () => {
  const [one, two] = [open('call_1', 'ws_1'), open('call_2', 'ws_1')];
  lists = [[one], [one, two], [two]];
  await hangUp();
  expect(ended.map(([callId]) => callId)).toEqual(['call_1', 'call_2']);
});

test("a call that says it is another workspace's is left alone, whatever the list says", async () => {
  lists = [[open('call_1', 'ws_1', 'ws_2'), open('call_2', undefined, 'ws_2')]];
  expect(await hangUp()).toEqual([]);
  expect(ended).toEqual([]);
});

test('a call that does not say whose it is, is looked up', async () => {
  lists = [[open('call_1'), open('call_2')]];
  await hangUp({ isOwn: (callId) => Promise.resolve(callId === 'call_2') });
  expect(ended.map(([callId]) => callId)).toEqual(['call_2']);
});

test('only what matches is ended', async () => {
  lists = [[open('call_1', 'ws_1'), open('call_2', 'ws_1')]];
  await hangUp({ matches: ({ callId }) => callId === 'call_1' });
  expect(ended.map(([callId]) => callId)).toEqual(['call_1']);
});

test('a call that does not answer has failed, if it is known to be ours; the others are ended', async () => {
  lists = [[open('call_1', 'ws_1'), open('call_2'), open('call_3', 'ws_1')]];
  calls.set('call_1', 'silent').set('call_2', 'silent');
  expect(await hangUp()).toEqual([
    { callId: 'call_1', result: 'failed' },
    { callId: 'call_3', result: 'ended' },
  ]);
});

test('a list that cannot be read is a failure', async () => {
  const listActive = () => Promise.reject(new NotReadyError('Temporal does not answer.'));
  await expect(hangUp({}, { ...manager, listActive })).rejects.toThrow(NotReadyError);
});
