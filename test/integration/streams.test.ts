/** Calls over streams of audio on a real Temporal: webhooks are forged, the media worker is a script. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTcpProxy } from '../../src/drill/tcp-proxy.ts';
import { inboundCallId } from '../../src/ids.ts';
import {
  StreamGateway,
  StreamRefusedError,
  StreamUnavailableError,
} from '../../src/stream-gateway.ts';
import { createStreamTokens } from '../../src/stream-token.ts';
import { linkToTemporal } from '../../src/temporal/connection.ts';
import type { AttachRequest, StreamNews } from '../../workflows/stream-contract.ts';
import { snapshotQuery } from '../../workflows/contract.ts';
import { stack } from './stack.ts';
import { eventually } from './support/eventually.ts';
import { keepHistory } from './support/histories.ts';
import { startMediaPeer } from './support/media-peer.ts';
import type { MediaPeer } from './support/media-peer.ts';
import { startRestStub } from './support/rest-stub.ts';
import type { RestStub } from './support/rest-stub.ts';
import { CALLER, OUR_NUMBER, startVoca } from './support/voca.ts';
import type { Voca } from './support/voca.ts';

let voca: Voca;
let peer: MediaPeer;
let rest: RestStub;
let gateway: StreamGateway;

beforeEach(async () => {
  rest = await startRestStub();
  [voca, peer] = await Promise.all([
    startVoca({
      assistant: {
        mode: 'stream',
        firstMessage: 'Hello.',
        limits: { callSeconds: 1_800, turns: 1_000, farewell: 'Bye.' },
      },
      carrierBaseUrl: () => rest.baseUrl,
    }),
    startMediaPeer(),
  ]);
  gateway = new StreamGateway(voca.link.client);
});
afterEach(async () => {
  await gateway.close();
  await Promise.all([voca.close(), peer.close()]);
  rest.close();
});

/** One caller, as Twilio and a media worker tell of him. */
class Caller {
  readonly callSid = `CA${randomBytes(16).toString('hex')}`;
  readonly callId = inboundCallId(voca.simulator.accountSid, this.callSid);

  async asks(url: string, fields: Record<string, string> = {}): Promise<string> {
    const all = {
      AccountSid: voca.simulator.accountSid,
      CallSid: this.callSid,
      CallStatus: 'in-progress',
      Direction: 'inbound',
      From: CALLER,
      To: OUR_NUMBER,
      ...fields,
    };
    const answer = await voca.simulator.forge({ url, fields: Object.entries(all) });
    if (!answer.ok) throw new Error(answer.message);
    return answer.body.toString();
  }

  calls = () => this.asks(voca.urls.voice());
  comesBack = (stream: number) => this.asks(voca.urls.connect({ callId: this.callId, stream }));
  hangsUp = () => this.asks(voca.urls.status(), { CallStatus: 'completed', CallDuration: '5' });

  request = (stream: number, more: Partial<AttachRequest> = {}): AttachRequest => ({
    stream,
    callSid: this.callSid,
    streamSid: `MZ${stream}`,
    taskQueue: peer.taskQueue,
    ...more,
  });

  attach = (stream: number, more: Partial<AttachRequest> = {}) =>
    gateway.attach(this.callId, this.request(stream, more));

  tell(news: StreamNews): void {
    gateway.tell(this.callId, news);
  }

  snapshot = () => voca.link.client.workflow.getHandle(this.callId).query(snapshotQuery);
  outcome = () => voca.link.client.workflow.getHandle(this.callId).result();
  turns = () =>
    voca
      .events(this.callId)
      .flatMap((event) => (event.type === 'call.turn.completed' ? [event.turn] : []));
}

const at = () => new Date().toISOString();
const heard = (stream: number, key: string): StreamNews => ({
  ...{ stream, key, at: at(), what: 'heard' },
  heard: { kind: 'speech', text: `words ${key}` },
});
const said = (stream: number, key: string, more: object = {}): StreamNews => ({
  ...{ stream, key, at: at(), what: 'said' },
  reply: { text: `reply ${key}`, isInterrupted: false, source: 'model', model: 'm', ...more },
});

/** What a stream's TwiML says. */
function streamOf(twiml: string) {
  const [, action = ''] = /<Connect action="([^"]*)"/.exec(twiml) ?? [];
  const [, url = ''] = /<Stream url="([^"]*)"/.exec(twiml) ?? [];
  const [, token = ''] = /<Parameter name="token" value="([^"]*)"/.exec(twiml) ?? [];
  const grant = createStreamTokens({ secretKeys: [], authToken: voca.authToken }).read(token);
  return { action, url, token, grant };
}

describe('a call over a stream', () => {
  test('is let in once, is told of, and ends when its last words were said', async () => {
    const caller = new Caller();
    const twiml = await caller.calls();
    const { action, url, grant } = streamOf(twiml);
    expect(url).toBe(`${voca.baseUrl.replace('http', 'ws')}/media/stream`);
    expect(action).toContain(`/call/connect?call=${caller.callId}&amp;stream=1`);
    expect(grant).toEqual({ callId: caller.callId, stream: 1 });
    expect(await caller.calls()).toBe(twiml);

    const brief = await caller.attach(1);
    expect(brief).toMatchObject({ say: 'Hello.', isGreeting: true, nextKey: '1' });
    expect(await caller.attach(1)).toEqual(brief);
    await expect(caller.attach(1, { streamSid: 'MZx' })).rejects.toThrow(StreamRefusedError);
    const elsewhere = { taskQueue: 'media-of-somebody-else' };
    await expect(caller.attach(1, elsewhere)).rejects.toThrow(StreamRefusedError);
    await expect(caller.attach(2)).rejects.toThrow(StreamRefusedError);

    caller.tell(said(1, '0', { source: 'script' }));
    const timings = { committedMs: 420, heardMs: 900 };
    for (const key of ['1', '2']) {
      caller.tell(heard(1, key));
      caller.tell(said(1, key, { timings }));
    }
    caller.tell(heard(1, '3'));
    caller.tell(said(1, '3', { end: 'assistant-ended' }));
    await gateway.settled(caller.callId);
    await eventually(() => expect(rest.updates).toHaveLength(1));
    expect(rest.updates[0]).toEqual({ callSid: caller.callSid, form: { Status: 'completed' } });
    await caller.hangsUp();
    await eventually(() => expect(peer.hangUps).toBe(1));
    await expect(caller.attach(1, { streamSid: 'MZy' })).rejects.toThrow(StreamRefusedError);
    await expect(caller.outcome()).resolves.toMatchObject({
      endReason: 'assistant-ended',
      turns: 3,
    });
    expect(caller.turns().filter(({ status }) => status === 'answered')).toMatchObject([
      { key: '1', reply: 'reply 1', timings },
      { key: '2', reply: 'reply 2', timings },
      { key: '3', reply: 'reply 3' },
    ]);
    await keepHistory(voca.link, caller.callId, 'inbound-stream');
  }, 60_000);

  test('of nobody, and of a call that is not known, is refused', async () => {
    await expect(gateway.attach('call_unknown', new Caller().request(1))).rejects.toThrow(
      StreamRefusedError,
    );
    const caller = new Caller();
    await caller.calls();
    const other = new Caller();
    await expect(caller.attach(1, { callSid: other.callSid })).rejects.toThrow(StreamRefusedError);
    await caller.hangsUp();
  });
});

/** Its first stream still talks, to the end of the call. */
async function isStillLed(caller: Caller): Promise<void> {
  caller.tell(heard(1, '1'));
  caller.tell(said(1, '1'));
  await gateway.settled(caller.callId);
  expect((await caller.snapshot()).turns).toHaveLength(1);
  await caller.hangsUp();
  await caller.outcome();
}

describe('a stream that is lost', () => {
  test('is followed by another one, which is told what was not answered', async () => {
    const caller = new Caller();
    await caller.calls();
    await caller.attach(1);
    caller.tell(said(1, '0', { source: 'script' }));
    caller.tell(heard(1, '1'));
    caller.tell(said(1, '1'));
    caller.tell(heard(1, '2'));
    await gateway.settled(caller.callId);
    peer.end(1, 'lost');
    const twiml = await caller.comesBack(1);
    expect(streamOf(twiml).grant).toEqual({ callId: caller.callId, stream: 2 });
    expect(await caller.comesBack(1)).toBe(twiml);

    const brief = await caller.attach(2);
    expect(brief).toMatchObject({ isGreeting: false, pending: { key: '2' }, nextKey: '13' });
    expect(brief.say).not.toBe('');
    caller.tell(said(2, '2'));
    caller.tell(heard(1, '3'));
    await gateway.settled(caller.callId);
    await caller.hangsUp();
    await caller.outcome();
    expect((await caller.snapshot()).turns.map(({ key, status }) => `${key} ${status}`)).toEqual([
      '1 answered',
      '2 answered',
      '3 unanswered',
    ]);
    expect(rest.updates).toEqual([]);
    await keepHistory(voca.link, caller.callId, 'inbound-stream-lost');
  }, 60_000);

  test('that is not even tried is followed by one other, however often Twilio asks', async () => {
    const caller = new Caller();
    const twiml = await caller.calls();
    const [, redirect = ''] = /<Redirect[^>]*>([^<]*)</.exec(twiml) ?? [];
    const back = redirect.replaceAll('&amp;', '&');
    const together = await Promise.all([1, 2, 3, 4].map(() => caller.asks(back)));
    const late = await caller.asks(back);
    expect(new Set([...together, late]).size).toBe(1);
    expect(streamOf(late).grant?.stream).toBe(2);
    const brief = await caller.attach(2);
    expect(brief.isGreeting).toBe(true);
    expect(streamOf(await caller.asks(back)).grant?.stream).toBe(2); // and takes it from nobody
    expect((await caller.attach(2)).nextKey).toBe(brief.nextKey);
    await caller.hangsUp();
    await caller.outcome();
  });

  test('leads to a living one also when Twilio comes back another way', async () => {
    const caller = new Caller();
    await caller.calls();
    await caller.attach(1);
    const { callSid, callId } = caller;
    const twiml = await caller.asks(voca.urls.processSpeech({ callSid, callId, wait: 1 }));
    expect(streamOf(twiml).grant?.stream).toBe(2);
    await eventually(() => expect(peer.hangUps).toBe(1)); // the one before is let go
    await caller.attach(2);
    await caller.hangsUp();
  });

  test('sends the call on over REST when its worker is dead and Twilio stays silent', async () => {
    const caller = new Caller();
    await caller.calls();
    await caller.attach(1);
    await eventually(() => expect(peer.orders).toHaveLength(1));
    peer.die();
    const update = await eventually(
      () => {
        const [first] = rest.updates;
        if (!first) throw new Error('not sent on yet');
        return first;
      },
      { withinMs: 15_000 },
    );
    expect(update.callSid).toBe(caller.callSid);
    const url = voca.urls.connect({ callId: caller.callId, stream: 1 });
    expect(update.form).toEqual({ Method: 'POST', Url: url });
    expect(streamOf(await caller.asks(url)).grant?.stream).toBe(2);
    await caller.hangsUp();
    await caller.outcome();
    await keepHistory(voca.link, caller.callId, 'inbound-stream-dead-worker');
  }, 60_000);

  test('is not sent on any more once Twilio has come by itself, nor is what followed cut off', async () => {
    const caller = new Caller();
    await caller.calls();
    await caller.attach(1);
    await eventually(() => expect(peer.orders).toHaveLength(1));
    rest.isOverloaded = true; // so that it is tried again and again
    peer.die();
    await eventually(() => expect(rest.updates.length).toBeGreaterThan(0), { withinMs: 15_000 });
    expect(streamOf(await caller.comesBack(1)).grant?.stream).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 500)); // one may be on its way
    const { length } = rest.updates;
    rest.isOverloaded = false;
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(rest.updates).toHaveLength(length);
    await caller.hangsUp();
    await caller.outcome();
    await keepHistory(voca.link, caller.callId, 'inbound-stream-back-by-itself');
  }, 60_000);

  test('is not given up for a missing heartbeat when its worker lives', async () => {
    const caller = new Caller();
    await caller.calls();
    await caller.attach(1);
    await eventually(() => expect(peer.orders).toHaveLength(1));
    peer.stopHearts();
    await eventually(() => expect(peer.orders).toHaveLength(2), { withinMs: 10_000 });
    expect(peer.orders[1]).toEqual(peer.orders[0]);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(rest.updates).toEqual([]);
    expect(peer.orders).toHaveLength(2);
    await isStillLed(caller);
    await keepHistory(voca.link, caller.callId, 'inbound-stream-missing-heartbeat');
  }, 60_000);

  test('is waited for when Temporal was away, as its worker may find back late', async () => {
    const before = await startMediaPeer({ beatsAgoMs: 20_000 });
    const { taskQueue } = before;
    const caller = new Caller();
    await caller.calls();
    await caller.attach(1, { taskQueue });
    await eventually(() => expect(before.orders).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // until it has beaten
    before.die();
    await new Promise((resolve) => setTimeout(resolve, 7_000)); // a dead one is given up after 4.5 s
    const after = await startMediaPeer({ taskQueue });
    try {
      await eventually(() => expect(after.orders).toEqual(before.orders), { withinMs: 10_000 });
      expect(rest.updates).toEqual([]);
      await isStillLed(caller);
    } finally {
      await Promise.all([before.close(), after.close()]);
    }
  }, 60_000);

  test('for want of speech goes on over TwiML, and answers what was said', async () => {
    const caller = new Caller();
    await caller.calls();
    await caller.attach(1);
    caller.tell(said(1, '0', { source: 'script' }));
    caller.tell(heard(1, '1'));
    await gateway.settled(caller.callId);
    peer.end(1, 'speech-failed');
    await eventually(async () => {
      const handle = voca.link.client.workflow.getHandle(caller.callId);
      const { events } = await handle.fetchHistory();
      const scheduled = new Map(
        events?.map(({ eventId, activityTaskScheduledEventAttributes: activity }) => [
          String(eventId),
          activity?.activityType?.name,
        ]),
      );
      const ended = events?.map(({ activityTaskCompletedEventAttributes: activity }) =>
        scheduled.get(String(activity?.scheduledEventId)),
      );
      expect(ended).toContain('mediaSession');
    });
    const twiml = await caller.comesBack(1);
    expect(twiml).toContain('<Redirect');
    expect(twiml).not.toContain('<Stream');
    const { callSid, callId } = caller;
    const answer = await caller.asks(voca.urls.processSpeech({ callSid, callId, wait: 1 }));
    expect(answer).toContain('You said: words 1');
    expect(answer).toContain('turn=12');
    const next = await caller.asks(voca.urls.processSpeech({ callSid, callId, key: '12' }), {
      SpeechResult: 'For two.',
    });
    expect(next).toContain('You said: For two.');
    await caller.hangsUp();
    await caller.outcome();
    await keepHistory(voca.link, caller.callId, 'inbound-stream-given-up');
  }, 60_000);
});

describe('with Temporal away', () => {
  test('news wait, arrive once and in order; nobody is let in', async () => {
    const { temporalAddress, namespace } = stack();
    const proxy = await startTcpProxy(temporalAddress);
    const link = linkToTemporal({ address: proxy.address, namespace });
    const far = new StreamGateway(link.client);
    try {
      const caller = new Caller();
      await caller.calls();
      await far.attach(caller.callId, caller.request(1));
      await proxy.cut('refuse');
      const keys = Array.from({ length: 10 }, (_, index) => String(index + 1));
      for (const key of keys) {
        far.tell(caller.callId, heard(1, key));
        far.tell(caller.callId, said(1, key));
      }
      await expect(far.attach(caller.callId, caller.request(1))).rejects.toThrow(
        StreamUnavailableError,
      );
      expect((await caller.snapshot()).turns).toEqual([]);
      await proxy.mend();
      await far.settled(caller.callId);
      const { turns } = await caller.snapshot();
      expect(turns.map(({ key, reply }) => `${key} ${reply}`)).toEqual(
        keys.map((key) => `${key} reply ${key}`),
      );
      await caller.hangsUp();
    } finally {
      await far.close(100);
      await link.close();
      await proxy.close();
    }
  }, 60_000);
});

test('a call of 300 turns over one stream goes on in new runs, and loses none', async () => {
  const caller = new Caller();
  await caller.calls();
  await caller.attach(1);
  const first = (await voca.link.client.workflow.getHandle(caller.callId).describe()).runId;
  for (let turn = 1; turn <= 300; turn += 1) {
    caller.tell(heard(1, String(turn)));
    caller.tell(said(1, String(turn)));
    if (turn % 5 === 0) await gateway.settled(caller.callId);
  }
  await gateway.settled(caller.callId);
  const now = await voca.link.client.workflow.getHandle(caller.callId).describe();
  expect(now.runId).not.toBe(first);
  expect(peer.hangUps).toBe(0);
  await eventually(() => expect(peer.orders.length).toBeGreaterThan(1));
  expect(new Set(peer.orders.map(({ streamSid }) => streamSid)).size).toBe(1);
  expect(rest.updates).toEqual([]);
  const snapshot = await caller.snapshot();
  expect((snapshot.earlierTurns ?? 0) + snapshot.turns.length).toBe(300);
  // Its media worker has all of it, and is told what to tell a model in its place.
  // How far the newest summary goes depends on how quick it was made beside all the turns.
  const story = await gateway.recall(caller.callId);
  expect(story?.text).toMatch(/lines before$/);
  expect(Number(story?.upTo)).toBeGreaterThan(100);
  await caller.hangsUp();
  await expect(caller.outcome()).resolves.toMatchObject({ turns: 300 });
  const answered = caller.turns().filter(({ status }) => status === 'answered');
  expect(answered.map(({ key }) => key)).toEqual(
    Array.from({ length: 300 }, (_, index) => String(index + 1)),
  );
  await keepHistory(voca.link, caller.callId, 'inbound-stream-long');
}, 180_000);
