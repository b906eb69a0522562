import { describe, expect, test } from '@jest/globals';
import { affectedWaits } from '../../../src/bench/recovery/attribution.ts';
import type { DoneKill } from '../../../src/bench/recovery/attribution.ts';
import { heldCallers, waitsOf } from '../../../src/bench/recovery/waits.ts';
import { workersOf } from '../../../src/bench/recovery/worker-of-call.ts';
import type { TruthEntry } from '../../../src/simulator/index.ts';

let seq = 0;
const request = (
  callSid: string,
  atMs: number,
  words?: string,
  change: { purpose?: 'action' | 'voice' | 'redirect' | 'status'; attempt?: number } = {},
): TruthEntry => ({
  kind: 'request',
  seq: (seq += 1),
  atMs,
  callSid,
  requestId: `r${seq}`,
  purpose: change.purpose ?? 'action',
  attempt: change.attempt ?? 1,
  sending: 1,
  method: 'POST',
  url: 'http://127.0.0.1/process_speech/CA?turn=1',
  fields: words === undefined ? [] : [['SpeechResult', words]],
  headers: {},
  body: '',
});
const heard = (callSid: string, atMs: number, text: string): TruthEntry => ({
  kind: 'heard',
  seq: (seq += 1),
  atMs,
  callSid,
  source: 'say',
  text,
});
const FILLER = 'One moment, please.';

describe('what a caller waits', () => {
  test('runs from the webhook with the words to the first words and to the answer', () => {
    const entries = [
      request('A', 1000, 'soup'),
      heard('A', 4600, FILLER),
      request('A', 4601, undefined, { purpose: 'redirect' }),
      heard('A', 6000, 'You said: soup.'),
    ];
    expect(waitsOf(entries)).toEqual([
      { callSid: 'A', sentAtMs: 1000, firstMs: 3600, answerMs: 5000 },
    ]);
  });

  test('counts from the first attempt, also when it is tried again', () => {
    const entries = [
      request('A', 1000, 'soup'),
      request('A', 1800, 'soup', { attempt: 2 }),
      heard('A', 2000, 'You said: soup.'),
    ];
    expect(waitsOf(entries)).toMatchObject([{ sentAtMs: 1000, answerMs: 1000 }]);
  });

  test('has no answer when the caller is asked again, and the new words are another wait', () => {
    const entries = [
      request('A', 1000, 'soup'),
      heard('A', 4500, 'Sorry, I did not get that.'),
      request('A', 6000, 'fish'),
      heard('A', 6100, 'You said: fish.'),
    ];
    expect(waitsOf(entries)).toEqual([
      { callSid: 'A', sentAtMs: 1000, firstMs: 3500 },
      { callSid: 'A', sentAtMs: 6000, firstMs: 100, answerMs: 100 },
    ]);
  });

  test('is each call’s own, and neither silence nor status is one', () => {
    const entries = [
      request('A', 1000, 'soup'),
      request('B', 1010, 'fish'),
      heard('B', 1020, 'You said: fish.'),
      heard('A', 1030, 'You said: soup.'),
      request('A', 2000),
      request('B', 2000, undefined, { purpose: 'status' }),
    ];
    expect(waitsOf(entries).map(({ callSid, answerMs }) => [callSid, answerMs])).toEqual([
      ['A', 30],
      ['B', 10],
    ]);
  });
});

describe('a caller who is held', () => {
  test('hears something after each webhook, a retry counted to the first attempt', () => {
    const entries = [
      request('A', 0, undefined, { purpose: 'voice' }),
      heard('A', 100, 'Hello.'),
      request('A', 1000, 'soup'),
      request('A', 3000, 'soup', { attempt: 2 }),
      heard('A', 4500, FILLER),
      request('A', 4500, undefined, { purpose: 'redirect' }),
    ];
    expect(heldCallers(entries)).toEqual([
      { callSid: 'A', sentAtMs: 0, heardMs: 100 },
      { callSid: 'A', sentAtMs: 1000, heardMs: 3500 },
      { callSid: 'A', sentAtMs: 4500 },
    ]);
  });
});

describe('what a kill has to answer for', () => {
  const kill = (atMs: number, change: Partial<DoneKill> = {}): DoneKill => ({
    victim: 'api',
    process: 'voca-api-1',
    moment: 'between',
    pid: 7,
    atMs,
    ...change,
  });
  const wait = (callSid: string, sentAtMs: number, answerMs = 100) => ({
    callSid,
    sentAtMs,
    firstMs: answerMs,
    answerMs,
  });
  const nobody = () => undefined;

  test('is the turn that it hits, or the next one of who is in none, as it was aimed', () => {
    const waits = [wait('A', 1000, 900), wait('A', 3000), wait('B', 500), wait('B', 2500)];
    expect(affectedWaits(waits, [kill(1500, { moment: 'mid-turn' })], nobody)).toMatchObject([
      { callSid: 'A', sentAtMs: 1000, moment: 'mid-turn', killedAtMs: 1500 },
    ]);
    expect(affectedWaits(waits, [kill(1500)], nobody)).toMatchObject([
      { callSid: 'B', sentAtMs: 2500, moment: 'between' },
    ]);
  });

  test('is no turn long after it, none behind the next kill, and no call that began later', () => {
    const late = [wait('A', 0), wait('A', 20_000)];
    expect(affectedWaits(late, [kill(1000)], nobody)).toEqual([]);
    const behind = [wait('A', 0), wait('A', 3000)];
    expect(affectedWaits(behind, [kill(1000), kill(2000)], nobody)).toMatchObject([
      { killedAtMs: 2000 },
    ]);
    expect(affectedWaits([wait('A', 2000)], [kill(1000)], nobody)).toEqual([]);
  });

  test('is told apart by whose worker was killed', () => {
    const waits = [wait('A', 1000, 900), wait('B', 1000, 900), wait('C', 1000, 900)];
    const workers: Record<string, number> = { A: 7, B: 8 };
    const change = { victim: 'worker', process: 'voca-worker-1', moment: 'mid-turn' } as const;
    const kills = [kill(1500, change)];
    const found = affectedWaits(waits, kills, (callSid) => workers[callSid]);
    expect(found.map(({ isOwn }) => isOwn)).toEqual([true, false, undefined]);
  });
});

describe('the worker of a call', () => {
  const completed = (seconds: number, identity: string) => ({
    eventTime: { seconds: String(seconds), nanos: 500_000_000 },
    workflowTaskCompletedEventAttributes: { identity },
  });

  test('is the one that completed its last task before, over all its runs', () => {
    const workerOf = workersOf([
      { callId: 'call_1', runId: 'b', events: [completed(30, '13@host')] },
      {
        callId: 'call_1',
        runId: 'a',
        events: [completed(10, '11@host'), completed(20, '12@host')],
      },
      { callId: 'call_2', runId: 'c', events: [{ eventTime: { seconds: '1' } }] },
    ]);
    expect([10_499, 10_500, 20_600, 99_000].map((atMs) => workerOf('call_1', atMs))).toEqual([
      undefined,
      11,
      12,
      13,
    ]);
    expect(workerOf('call_2', 99_000)).toBeUndefined();
    expect(workerOf('call_3', 99_000)).toBeUndefined();
  });
});
