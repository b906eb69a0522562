/** A stream that is let in: what its session hears and says, and how it ends. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { StreamRefusedError, StreamUnavailableError } from '../../src/stream-gateway.ts';
import type { StreamBrief } from '../../workflows/stream-contract.ts';
import {
  CALL_ID,
  CALL_SID,
  MediaBench,
  OTHER_CALL_ID,
  STREAM_SID,
  tokenFor,
  until,
} from './harness.ts';

let bench: MediaBench;
afterEach(() => bench.close());

describe('a stream', () => {
  test('is told to its workflow with all that it needs to be found again', async () => {
    bench = await MediaBench.start();
    await bench.open({ call: CALL_ID, token: tokenFor(CALL_ID, 7) });
    expect(bench.attached).toEqual([
      {
        callId: CALL_ID,
        request: {
          stream: 7,
          callSid: CALL_SID,
          streamSid: STREAM_SID,
          taskQueue: 'voca-media-test',
        },
      },
    ]);
    expect(bench.session.request).toMatchObject({ callId: CALL_ID, stream: 7 });
  });

  test('brings the voice of the caller, and keys, in order', async () => {
    bench = await MediaBench.start();
    const caller = await bench.open();
    caller.media();
    caller.send({ event: 'dtmf', streamSid: STREAM_SID, dtmf: { digit: '5' } });
    caller.media(80);
    caller.send({ event: 'stop', streamSid: STREAM_SID, stop: {} });
    expect(await bench.session.ended).toEqual({ why: 'stopped' });
    expect(bench.session.events.map((e) => (e.type === 'audio' ? e.audio.length : e))).toEqual([
      160,
      { type: 'key', digit: '5' },
      80,
      { type: 'ended', why: 'stopped' },
    ]);
    expect(await caller.closed).toBe(1000);
  });

  test('takes what is played, marks and clear, and tells which marks came back', async () => {
    bench = await MediaBench.start();
    const caller = await bench.open();
    const { line } = bench.session;
    line.play(Uint8Array.of(1, 2, 3));
    line.play(new Uint8Array(0));
    line.mark('a "quoted" name');
    line.clear();
    await until(() => caller.messages.length === 3);
    expect(caller.messages).toEqual([
      { event: 'media', streamSid: STREAM_SID, media: { payload: 'AQID' } },
      { event: 'mark', streamSid: STREAM_SID, mark: { name: 'a "quoted" name' } },
      { event: 'clear', streamSid: STREAM_SID },
    ]);
    for (const name of ['never sent', 'a "quoted" name', 'a "quoted" name']) {
      caller.send({ event: 'mark', streamSid: STREAM_SID, mark: { name } });
    }
    caller.media();
    await until(() => bench.session.heardMs > 0);
    const played = bench.session.events.filter(({ type }) => type === 'played');
    expect(played).toEqual([{ type: 'played', mark: 'a "quoted" name' }]);
  });

  test('loses nothing of what is said while its workflow is asked', async () => {
    let answer: (brief: StreamBrief) => void = () => undefined;
    bench = await MediaBench.start({ attach: () => new Promise((resolve) => (answer = resolve)) });
    const caller = bench.connect();
    await caller.opened;
    caller.start();
    await until(() => bench.attached.length === 1);
    for (let n = 0; n < 50; n += 1) caller.media();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(bench.sessions).toEqual([]);
    answer({} as StreamBrief);
    await until(() => bench.sessions.length === 1 && bench.session.heardMs === 1_000);
    expect(bench.session.heardMs).toBe(1_000);
  });

  test('whose line breaks meanwhile gets no session', async () => {
    let answer: (brief: StreamBrief) => void = () => undefined;
    bench = await MediaBench.start({ attach: () => new Promise((resolve) => (answer = resolve)) });
    const caller = bench.connect();
    await caller.opened;
    caller.start();
    await until(() => bench.attached.length === 1);
    caller.socket.terminate();
    await until(() => bench.streams.size === 0);
    answer({} as StreamBrief);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bench.sessions).toEqual([]);
    const live = bench.streams.find({ callId: CALL_ID, stream: 1, streamSid: STREAM_SID });
    expect(await live?.ended).toEqual({ why: 'lost' });
  });

  test.each([
    ['is refused by its workflow', new StreamRefusedError(), 1008, 'refused'],
    ['finds no workflow in time', new StreamUnavailableError(), 1011, 'lost'],
  ])('that %s is closed, and nobody else is asked', async (_what, error, code, why) => {
    bench = await MediaBench.start({ attach: () => Promise.reject(error) });
    const caller = bench.connect();
    await caller.opened;
    caller.start();
    expect(await caller.closed).toBe(code);
    expect(bench.sessions).toEqual([]);
    const live = bench.streams.find({ callId: CALL_ID, stream: 1, streamSid: STREAM_SID });
    expect(await live?.ended).toEqual({ why });
  });

  test('whose session cannot begin, or throws, is closed; the next one is served', async () => {
    const hungUp: string[] = [];
    bench = await MediaBench.start({
      openSession: (request) => {
        if (request.callId === CALL_ID) throw new Error('no session');
        request.listen(() => {
          throw new Error('no listener');
        });
        const hangUp = () => void hungUp.push(request.callId);
        return { ended: new Promise(() => undefined), hangUp, move: () => {} };
      },
    });
    for (const callId of [CALL_ID, OTHER_CALL_ID]) {
      const caller = bench.connect();
      await caller.opened;
      caller.start({ call: callId, token: tokenFor(callId) });
      caller.media();
      expect(await caller.closed).toBe(1011);
    }
    expect(hungUp).toEqual([OTHER_CALL_ID]); // whoever it has asked for something is let go of
    expect(bench.logged.join('')).not.toContain('no listener'); // what others say is not logged
  });

  test('ends though its session does not', async () => {
    bench = await MediaBench.start({
      openSession: () => ({
        ended: new Promise(() => undefined),
        hangUp: () => undefined,
        move: () => undefined,
      }),
    });
    const caller = bench.connect();
    await caller.opened;
    caller.start();
    const id = { callId: CALL_ID, stream: 1, streamSid: STREAM_SID };
    await until(() => bench.streams.find(id)?.isOpen === true);
    bench.streams.find(id)?.hangUp();
    expect(await caller.closed).toBe(1000);
    expect(await bench.streams.find(id)?.ended).toEqual({ why: 'stopped' });
  });
});

describe('a process that leaves', () => {
  const openMany = async (count: number) => {
    for (let n = 0; n < count; n += 1) {
      const callId = `call_${String(n).padStart(26, '0')}`;
      await bench.open({ call: callId, token: tokenFor(callId) });
    }
  };

  test('lets nobody in, and those who are in talk on', async () => {
    bench = await MediaBench.start();
    const caller = await bench.open();
    const unnamed = bench.connect();
    await unnamed.opened;
    bench.host.leave();
    expect(await unnamed.closed).toBe(1001);
    await expect(bench.connect().opened).rejects.toThrow('503');
    caller.media();
    await until(() => bench.session.heardMs === 20);
    expect(bench.sessions).toHaveLength(1);
  });

  test('moves who is left after its time, one after the other', async () => {
    bench = await MediaBench.start();
    await openMany(5);
    bench.host.leave();
    const startedAt = performance.now();
    const moved: number[] = [];
    for (const session of bench.sessions) {
      const move = session.move.bind(session);
      session.move = () => {
        moved.push(performance.now() - startedAt);
        move();
      };
    }
    await bench.streams.drain(200, 100);
    expect(moved).toHaveLength(5);
    expect(Math.min(...moved)).toBeGreaterThanOrEqual(195);
    expect(await Promise.all(bench.sessions.map(({ ended }) => ended))).toEqual(
      bench.sessions.map(() => ({ why: 'moved' })),
    );
    expect(bench.streams.size).toBe(0);
  });

  test('does not wait when all have hung up before', async () => {
    bench = await MediaBench.start();
    await openMany(3);
    const drained = bench.streams.drain(60_000, 60_000);
    for (const session of bench.sessions) session.hangUp();
    await drained;
    expect(await bench.sessions[0]?.ended).toEqual({ why: 'stopped' });
  });
});
