import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import twilio from 'twilio';
import { readWav, writeWav } from '../../src/audio/wav.ts';
import { CaptionReader } from '../../src/captions/index.ts';
import { parseScript, runHandset, runScript } from '../../src/simulator/index.ts';
import type { Bench } from './bench.ts';
import { ACCOUNT_SID, AUTH_TOKEN, startBench } from './bench.ts';
import type { Answer } from './customer-app.ts';
import { payloadOf, spoken, startStreamApp } from './stream-app.ts';
import type { AppStream, StreamApp } from './stream-app.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';

let bench: Bench | undefined;
let app: StreamApp | undefined;
afterEach(async () => {
  await bench?.close();
  await app?.close();
  bench = undefined;
  app = undefined;
});

interface Setting {
  /** After the stream's verb. */
  after?: string;
  action?: string;
  inside?: string;
  path?: string;
  url?: string;
  refuse?: number;
  attributes?: string;
  answers?: Record<string, Answer>;
  options?: Partial<SimulatorOptions>;
}

/** A call that is answered with a stream. */
async function begin(setting: Setting = {}) {
  const { after = '', action, inside = '', path = '/media?lost=1', answers = {} } = setting;
  app = await startStreamApp(setting.refuse);
  const url = setting.url ?? app.url + path;
  const attribute = action === undefined ? '' : ` action="${action}"`;
  bench = await startBench(
    {
      '/voice': `<Connect${attribute}><Stream url="${url}" ${setting.attributes ?? ''}>${inside}</Stream></Connect>${after}`,
      ...answers,
    },
    { callerVoice: 'tones', ...setting.options },
  );
  const phone = bench.call();
  return { phone, bench, app, sim: bench.sim, log: bench.sim.log };
}

async function withStream(setting: Setting = {}) {
  const begun = await begin(setting);
  const stream = await begun.app.stream();
  return { ...begun, stream };
}

const problems = (used: Bench) => used.sim.log.of('error').map(({ code }) => code);
const wordsIn = (audio: Uint8Array) => new CaptionReader().read(audio).map(({ word }) => word);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const isMark = (name: string) => (message: { mark?: { name: string } }) =>
  message.mark?.name === name;
const second = (text: string) => spoken(text).slice(0, 8_000);

/** What `mark` echoes so far. */
const marksOf = (stream: AppStream) => stream.of('mark').map(({ mark }) => mark?.name);

describe('a media stream', () => {
  test('begins with connected and start, and goes on with 20 ms of audio 50 times a second', async () => {
    const { phone, stream } = await withStream({
      inside: '<Parameter name="token" value="a&amp;b"/><Parameter name="call" value="call_1"/>',
    });
    await pause(1_000);
    const [connected, start, ...rest] = stream.messages;
    expect(connected).toEqual({
      event: 'connected',
      protocol: 'Call',
      version: '1.0.0',
      atMs: expect.any(Number),
    });
    const { streamSid } = stream;
    expect(streamSid).toMatch(/^MZ[0-9a-f]{32}$/);
    expect(start).toMatchObject({
      event: 'start',
      sequenceNumber: '1',
      streamSid,
      start: {
        streamSid,
        accountSid: ACCOUNT_SID,
        callSid: phone.callSid,
        tracks: ['inbound'],
        customParameters: { token: 'a&b', call: 'call_1' },
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 },
      },
    });
    expect(rest.length).toBeGreaterThan(40);
    rest.forEach((message, index) => {
      expect(message).toMatchObject({
        event: 'media',
        sequenceNumber: String(index + 2),
        streamSid,
        media: { track: 'inbound', chunk: String(index + 1), timestamp: String(20 * index) },
      });
      expect(payloadOf(message)).toEqual(Buffer.alloc(160, 0xff));
    });
  });

  test('does not drift: a pause of the process is made up for', async () => {
    const { stream } = await withStream();
    await stream.waitFor(({ event }) => event === 'media');
    const end = performance.now() + 400;
    while (performance.now() < end);
    await stream.waitFor(({ media }) => media?.timestamp === '1000');
    const media = stream.of('media');
    const elapsed = (media.at(-1)?.atMs ?? 0) - (media[0]?.atMs ?? 0);
    expect(Math.abs(elapsed - 20 * (media.length - 1))).toBeLessThan(100);
  });

  test('is asked for without query and fragment, signed for what is on the wire', async () => {
    const { stream, app: used, log } = await withStream({ path: '/media/stream?x=1#rc=2' });
    expect(stream.request.url).toBe('/media/stream');
    const signature = stream.request.headers['x-twilio-signature'];
    expect(
      twilio.validateRequest(AUTH_TOKEN, String(signature), `${used.url}/media/stream`, {}),
    ).toBe(true);
    expect(log.of('stream')[0]).toMatchObject({ url: `${used.url}/media/stream` });
  });

  test('is signed with a slash where there is no path', async () => {
    const { stream, app: used } = await withStream({ path: '' });
    const signature = String(stream.request.headers['x-twilio-signature']);
    expect(twilio.validateRequest(AUTH_TOKEN, signature, `${used.url}/`, {})).toBe(true);
  });

  test('that the application closes is followed by the action, with the usual fields', async () => {
    const {
      stream,
      phone,
      bench: used,
    } = await withStream({
      action: '/connect?stream=1',
      after: '<Say>never</Say>',
      answers: { '/connect': '<Say>back</Say>' },
    });
    stream.socket.close(1000);
    await phone.hearsMatching(/back/);
    const [asked] = used.app.at('/connect');
    expect(asked?.form.get('CallSid')).toBe(phone.callSid);
    expect(asked?.form.get('CallStatus')).toBe('in-progress');
    expect(stream.of('stop')).toEqual([]);
    expect(used.sim.log.of('stream').at(-1)).toMatchObject({
      state: 'over',
      by: 'application',
      closeCode: 1000,
    });
    expect((await phone.ended).reason).toBe('hangup');
  });

  test('without an action is followed by the next verb', async () => {
    const { stream, phone } = await withStream({ after: '<Say>next</Say>' });
    stream.socket.close(1000);
    expect(await phone.hears()).toMatchObject({ source: 'say', text: 'next' });
  });

  test('may be followed by another one, with an id of its own', async () => {
    const {
      stream,
      app: used,
      phone,
    } = await withStream({
      action: '/again',
      answers: { '/again': () => `<Connect><Stream url="${app?.url}/second"/></Connect>` },
    });
    stream.socket.terminate();
    const second = await used.stream(1);
    expect(second.streamSid).not.toBe(stream.streamSid);
    phone.hangUp();
    expect(await second.closed).toBe(1000);
    expect(second.messages.at(-1)).toMatchObject({
      event: 'stop',
      streamSid: second.streamSid,
      stop: { callSid: phone.callSid, accountSid: ACCOUNT_SID },
    });
  });

  test('ends with stop when the caller hangs up, and asks nobody', async () => {
    const { stream, phone, bench: used } = await withStream({ action: '/connect' });
    phone.hangUp();
    expect((await phone.ended).reason).toBe('caller-hung-up');
    expect(await stream.closed).toBe(1000);
    expect(stream.messages.at(-1)?.event).toBe('stop');
    expect(used.app.at('/connect')).toEqual([]);
  });

  test.each(['Url', 'Twiml'])(
    'that REST redirects with %s is stopped, and the action not asked',
    async (how) => {
      const {
        stream,
        phone,
        bench: used,
      } = await withStream({
        action: '/connect',
        answers: { '/moved': '<Say>moved</Say>' },
      });
      const value =
        how === 'Url' ? `${used.app.url}/moved` : '<Response><Say>moved</Say></Response>';
      const answer = await fetch(
        `${used.sim.baseUrl}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls/${phone.callSid}.json`,
        {
          method: 'POST',
          headers: {
            Authorization: `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`,
          },
          body: new URLSearchParams({ [how]: value }),
        },
      );
      expect(answer.status).toBe(200);
      await phone.hearsMatching(/moved/);
      expect(await stream.closed).toBe(1000);
      expect(stream.messages.at(-1)?.event).toBe('stop');
      expect(used.app.at('/connect')).toEqual([]);
      expect(used.sim.log.of('stream').at(-1)).toMatchObject({ state: 'over', by: 'redirected' });
    },
  );

  test('tells its status callback of start and stop', async () => {
    const {
      stream,
      phone,
      bench: used,
    } = await withStream({
      attributes: 'name="mine" statusCallback="/stream-status"',
      answers: { '/stream-status': '' },
    });
    stream.socket.close();
    await phone.ended;
    await used.sim.log.waitFor('response', ({ purpose }) => purpose === 'stream');
    const told = () => used.app.at('/stream-status').map(({ form }) => form.get('StreamEvent'));
    for (let tries = 0; told().length < 2 && tries < 100; tries += 1) await pause(10);
    expect(told()).toEqual(['stream-started', 'stream-stopped']);
    expect(used.app.at('/stream-status')[0]?.form.get('StreamName')).toBe('mine');
  });
});

describe('a stream that cannot be opened', () => {
  test.each<[string, Setting, number]>([
    ['plain ws to elsewhere', { url: 'ws://example.com/media' }, 31922],
    ['http', { url: 'http://127.0.0.1/media' }, 31922],
    ['no URL at all', { url: 'media' }, 31923],
    ['nobody listening', { url: 'ws://127.0.0.1:9/media' }, 31902],
    ['an answer that is no upgrade', { refuse: 403 }, 31920],
  ])('for %s is logged, and the action is asked', async (_why, setting, code) => {
    const { phone, bench: used } = await begin({
      ...setting,
      action: '/connect',
      answers: { '/connect': '<Say>on</Say>' },
    });
    await phone.hearsMatching(/on/);
    expect(problems(used)).toEqual([code]);
  });

  test('for want of a Stream is warned about, and the next verb runs', async () => {
    bench = await startBench({ '/voice': '<Connect><Room>x</Room></Connect><Say>on</Say>' });
    await bench.call().hearsMatching(/on/);
    expect(problems(bench)).toEqual([12200]);
  });
});

describe('what the application sends', () => {
  test('is played in real time, and a mark comes back when all before it was played', async () => {
    const { stream } = await withStream();
    const sentMs = performance.now();
    stream.mark('at once');
    stream.media(second('one two three four'));
    stream.mark('after a second');
    stream.media(new Uint8Array(0));
    stream.mark('together');
    await stream.waitFor(isMark('together'));
    const [first, then, last] = stream.of('mark');
    expect(marksOf(stream)).toEqual(['at once', 'after a second', 'together']);
    expect((first?.atMs ?? 0) - sentMs).toBeLessThan(500);
    expect((then?.atMs ?? 0) - sentMs).toBeGreaterThanOrEqual(995);
    expect((last?.atMs ?? 0) - (then?.atMs ?? 0)).toBeLessThan(20);
  });

  test('in pieces of any size is heard as one, clause by clause', async () => {
    const { stream, phone } = await withStream();
    const audio = spoken('Good morning. A table for two?');
    for (let at = 0, size = 1; at < audio.length; size = (size * 7 + 3) % 1_001) {
      stream.media(audio.subarray(at, at + size));
      at += size;
    }
    expect(await phone.hears()).toMatchObject({ source: 'stream', text: 'Good morning.' });
    expect(await phone.hears()).toMatchObject({ source: 'stream', text: 'A table for two?' });
    expect(phone.transcript.map(({ who, kind, text }) => `${who} ${kind}: ${text}`)).toEqual([
      'assistant stream: Good morning.',
      'assistant stream: A table for two?',
    ]);
  });

  test('without punctuation is a clause when a pause comes', async () => {
    const { stream, phone } = await withStream();
    stream.media(spoken('let me see'));
    expect((await phone.hears()).text).toBe('let me see');
  });

  test('that is cleared is not heard: what was, stays; all pending marks come back', async () => {
    const { stream, phone, log } = await withStream();
    stream.media(spoken('one two three four five six seven eight'));
    stream.mark('a');
    stream.mark('b');
    await phone.hearsSoFar(/two/);
    stream.clear();
    await stream.waitFor(isMark('b'));
    expect(marksOf(stream)).toEqual(['a', 'b']);
    const { text } = await phone.hears();
    const [cleared] = log.of('stream-cleared');
    expect(text).toMatch(/^one two/);
    expect(cleared?.marks).toEqual(['a', 'b']);
    // The word in the middle of which it was cut may be on neither side.
    const all = `${text} ${cleared?.text}`;
    expect(
      'one two three four five six seven eight'.split(' ').filter((each) => !all.includes(each))
        .length,
    ).toBeLessThanOrEqual(1);
    expect(all).toContain('seven eight');
    const gone = phone.transcript.length;
    await pause(400);
    expect(phone.transcript.length).toBe(gone);
    expect(phone.stream?.measures).toMatchObject({ clears: 1, staleMs: 0, underruns: 0 });
  });

  test('after clear while the caller speaks is stale, and measured', async () => {
    const { stream, phone, log } = await withStream();
    stream.media(spoken('this is a rather long sentence'));
    await phone.hearsSoFar(/this/);
    phone.say('No, wait, I would like to say something longer.');
    await log.waitFor('stream', ({ state }) => state === 'started');
    await pause(300);
    stream.clear();
    await log.waitFor('stream-cleared', () => true);
    stream.media(spoken('sentence').subarray(0, 800));
    expect(await log.waitFor('stream-stale', () => true)).toMatchObject({ audioMs: 100 });
    expect(phone.stream?.measures.staleMs).toBe(100);
  });

  test('that is an answer after clear is not stale', async () => {
    const { stream, phone, log } = await withStream();
    stream.media(spoken('this is a rather long sentence'));
    await phone.hearsSoFar(/this/);
    const said = phone.say('Stop.');
    await pause(100);
    stream.clear();
    await said.delivered;
    await pause(300);
    stream.media(spoken('Yes?'));
    await phone.hearsMatching(/Yes/);
    expect(log.of('stream-stale')).toEqual([]);
    expect(phone.stream?.measures.staleMs).toBe(0);
  });

  test('too late for what was before is an underrun; after a longer silence it is something new', async () => {
    const { stream, phone, log } = await withStream();
    stream.media(second('one two three').subarray(0, 1_600));
    stream.mark('first');
    await stream.waitFor(isMark('first'));
    await pause(100);
    stream.media(second('four five six').subarray(0, 1_600));
    stream.mark('second');
    await stream.waitFor(isMark('second'));
    await pause(700);
    stream.media(second('seven').subarray(0, 1_600));
    stream.mark('third');
    await stream.waitFor(isMark('third'));
    const underruns = log.of('stream-underrun');
    expect(underruns).toHaveLength(1);
    expect(underruns[0]?.gapMs).toBeGreaterThanOrEqual(90);
    expect(phone.stream?.measures).toMatchObject({ underruns: 1, playedMs: 600, receivedMs: 600 });
  });

  test('of another stream, or of no known kind, is let pass with a warning', async () => {
    const { stream, bench: used } = await withStream();
    stream.send({ event: 'media', streamSid: 'MZother', media: { payload: '' } });
    stream.send({ event: 'dance' });
    stream.send({ event: 'media', media: { payload: 'not base64!' } });
    stream.send({ event: 'media' });
    stream.send({ event: 'mark' });
    stream.mark('still there');
    await stream.waitFor(isMark('still there'));
    expect(problems(used)).toEqual([31951, 31951, 31951, 31951, 31951]);
  });

  test.each<[string, (stream: AppStream) => void]>([
    ['a binary frame', ({ socket }) => socket.send(Buffer.from('{}'))],
    ['no JSON', ({ socket }) => socket.send('hello')],
    ['no object', ({ socket }) => socket.send('[1]')],
  ])('that is %s ends the stream with error 31950', async (_what, send) => {
    const { stream, phone, bench: used } = await withStream({ after: '<Say>next</Say>' });
    send(stream);
    await phone.hearsMatching(/next/);
    expect(problems(used)).toEqual([31950]);
    expect(used.sim.log.of('stream').at(-1)).toMatchObject({ state: 'over', by: 'twilio' });
  });
});

describe('an application that misbehaves', () => {
  test('by flooding the stream with marks, clears and tiny pieces is borne', async () => {
    const { stream, phone } = await withStream();
    const audio = spoken('All of it arrives.');
    for (const code of audio.subarray(0, 4_000)) stream.media(Uint8Array.of(code));
    for (let count = 0; count < 3_000; count += 1) stream.mark(`mark ${count}`);
    for (let count = 0; count < 100; count += 1) stream.clear();
    stream.mark('end');
    await stream.waitFor(isMark('end'));
    expect(stream.of('mark')).toHaveLength(3_001);
    expect(phone.stream?.measures).toMatchObject({ clears: 100, marks: 3_001 });
  });

  test('by sending ten minutes of audio at once is borne; what is left when it goes is not heard', async () => {
    const { stream, phone, log } = await withStream({ after: '<Say>next</Say>' });
    stream.media(Buffer.concat([spoken('So much.'), new Uint8Array(4_800_000).fill(0x00)]));
    await phone.hearsMatching(/so much/i);
    stream.socket.terminate();
    await phone.hearsMatching(/next/);
    const { measures } = log.of('stream').at(-1) ?? {};
    expect(measures?.maxLeadMs).toBeGreaterThan(599_000);
    expect(measures?.playedMs).toBeLessThan(10_000);
    expect(problems(bench as Bench)).toEqual([31921]);
  });

  test('by not answering the goodbye does not hold the call up', async () => {
    const { stream, phone } = await withStream();
    (stream.socket as unknown as { _socket: { pause(): void } })._socket.pause();
    const startedMs = Date.now();
    phone.hangUp();
    await phone.ended;
    expect(Date.now() - startedMs).toBeLessThan(500);
  });
});

describe('fifty streams at a time', () => {
  test('carry each its own words, at full rate', async () => {
    const { phone: first, sim, app: used } = await begin();
    const others = Array.from({ length: 49 }, (_, index) =>
      sim.dial({ from: `+1555000${3_000 + index}`, to: first.to }),
    );
    const phones = [first, ...others];
    await used.stream(49);
    await sim.prepareWords(...phones.map((phone) => `I am ${phone.from}.`));
    await Promise.all(phones.map((phone) => phone.say(`I am ${phone.from}.`).delivered));
    await pause(200);
    const callers = await Promise.all(phones.map((_, index) => used.stream(index)));
    for (const stream of callers) {
      const { callSid = '' } = stream.of('start')[0]?.start ?? {};
      expect(stream.words).toEqual(['I', 'am', `${sim.phone(callSid)?.from}.`]);
      const media = stream.of('media');
      const elapsedMs = (media.at(-1)?.atMs ?? 0) - (media[0]?.atMs ?? 0);
      expect(Math.abs(elapsedMs - 20 * (media.length - 1))).toBeLessThan(1_000);
    }
  });
});

describe('the turn of the caller', () => {
  test('comes when the assistant has spoken and is silent, also where silence is sent all the time', async () => {
    const { stream, phone } = await withStream();
    const silence = setInterval(() => stream.media(new Uint8Array(1_600).fill(0xff)), 190);
    try {
      stream.media(spoken('hello there'));
      await phone.hearsSoFar(/hello/);
      expect(phone.isListening).toBe(false);
      expect(phone.isOpen).toBe(true);
      await phone.waitUntilListening();
      expect(phone.transcript.at(-1)).toMatchObject({ text: 'hello there' });
      await phone.say('Yes?').delivered;
      expect(phone.isListening).toBe(false);
    } finally {
      clearInterval(silence);
    }
  });

  test('can be measured from: the first sound after the last of the caller', async () => {
    const { stream, phone } = await withStream();
    const voice = await phone.say('Hello.').delivered;
    const endsAtMs = voice?.kind === 'stream-voice' ? voice.endsAtMs : 0;
    await pause(100);
    stream.media(Buffer.concat([new Uint8Array(800).fill(0xff), spoken('Yes?')]));
    const soundMs = await phone.hearsSoundAfter(endsAtMs);
    expect(soundMs - endsAtMs).toBeGreaterThan(190);
    expect(phone.stream?.firstAudibleAfter(soundMs + 10)).toBe(soundMs + 10);
  });
});

describe('the handset on a stream', () => {
  test('prints what is heard clause by clause, and says each line in its turn', async () => {
    const { stream, phone } = await withStream();
    const [input, output] = [new PassThrough(), new PassThrough()];
    let shown = '';
    output.on('data', (chunk: Buffer) => (shown += chunk.toString('utf8')));
    const ended = runHandset({ phone, input, output, isTerminal: false });
    input.end('Ada\n/keys 1\n');
    stream.media(spoken('Hello. Who is it?'));
    await stream.waitFor(() => stream.words.includes('Ada'));
    await pause(400);
    stream.media(spoken('Press one.'));
    await stream.waitFor(({ event }) => event === 'dtmf');
    stream.media(spoken('Bye.'));
    expect(await ended).toMatchObject({ reason: 'caller-hung-up' });
    expect(shown.trim().split('\n').slice(1, -1)).toEqual([
      'assistant  Hello.',
      'assistant  Who is it?',
      'you        Ada',
      'assistant  Press one.',
      'you        [keys 1]',
      'assistant  Bye.',
    ]);
  });
});

describe('the caller on a stream', () => {
  test('is heard: words as audio with captions, silence around them', async () => {
    const { stream, phone, log } = await withStream();
    const said = phone.say('A table for two, please.');
    expect(said.heard).toBe(true);
    const voice = await said.delivered;
    await pause(100);
    expect(stream.words).toEqual(['A', 'table', 'for', 'two,', 'please.']);
    expect(voice).toMatchObject({ kind: 'stream-voice', isComplete: true });
    const [entry] = log.of('stream-voice');
    expect((entry?.endsAtMs ?? 0) - (entry?.beginsAtMs ?? 0)).toBeGreaterThan(1_000);
    expect([...stream.audio.subarray(-160)]).toEqual(Array.from({ length: 160 }, () => 0xff));
    expect(log.of('spoke')).toMatchObject([{ input: 'speech', heard: true }]);
  });

  test('may talk over the assistant', async () => {
    const { stream, phone } = await withStream();
    stream.media(spoken('I can offer you a table at seven or at eight.'));
    await phone.hearsSoFar(/offer/);
    await phone.say('Eight!').delivered;
    await phone.hearsMatching(/at eight\./);
    expect(stream.words).toEqual(['Eight!']);
  });

  test('says one thing after the other', async () => {
    const { stream, phone } = await withStream();
    void phone.say('first one');
    await phone.say('then two').delivered;
    await pause(100);
    expect(stream.words).toEqual(['first', 'one', 'then', 'two']);
  });

  test('presses keys, one message each', async () => {
    const { stream, phone } = await withStream();
    await phone.press('12#').delivered;
    await stream.waitFor(({ dtmf }) => dtmf?.digit === '#');
    expect(stream.of('dtmf').map(({ dtmf }) => dtmf)).toEqual([
      { track: 'inbound_track', digit: '1' },
      { track: 'inbound_track', digit: '2' },
      { track: 'inbound_track', digit: '#' },
    ]);
    const numbers = stream.messages.slice(1).map(({ sequenceNumber }) => Number(sequenceNumber));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test('who is cut off in mid-sentence was not delivered', async () => {
    const { stream, phone, log } = await withStream({ after: '<Pause length="1"/>' });
    const said = phone.say('This is a long sentence that nobody will hear to its end.');
    await pause(500);
    stream.socket.close(1000);
    expect(await said.delivered).toBeUndefined();
    expect(log.of('stream-voice')).toMatchObject([{ isComplete: false }]);
    expect(phone.say('Hello?').heard).toBe(false);
  });

  test('plays WAV files, with the words that they say', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'voca-wav-'));
    const file = join(folder, 'voice.wav');
    const samples = Int16Array.from({ length: 16_000 }, (_, at) => 8_000 * Math.sin(at / 10));
    writeFileSync(file, writeWav({ encoding: 'pcm16', sampleRate: 16_000, samples }));
    const { stream, phone } = await withStream();
    await phone.playWav(file, { text: 'Hello you' }).delivered;
    await pause(100);
    rmSync(folder, { recursive: true });
    expect(stream.words).toEqual(['Hello', 'you']);
    const loud = stream.audio.filter((code) => (~code & 0x7f) > 24).length;
    expect(loud).toBeGreaterThan(6_000);
    expect(loud).toBeLessThanOrEqual(8_000);
  });

  test('has both sides recorded, each sound where it was heard', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'voca-record-'));
    const { stream, phone } = await withStream({ options: { recordTo: folder } });
    await pause(200);
    stream.media(spoken('Good evening.'));
    await phone.hearsMatching(/evening/);
    await phone.say('Good evening to you.').delivered;
    phone.hangUp();
    await phone.ended;
    for (let tries = 0; readdirSync(folder).length < 2 && tries < 100; tries += 1) await pause(10);
    await pause(100);
    const audioOf = (side: string) => {
      const wav = readWav(readFileSync(join(folder, `${phone.callSid}-1-${side}.wav`)));
      return wav.encoding === 'mulaw' ? wav.audio : new Uint8Array(0);
    };
    const [heard, said] = [audioOf('heard'), audioOf('said')];
    rmSync(folder, { recursive: true });
    expect(wordsIn(heard)).toEqual(['Good', 'evening.']);
    expect(wordsIn(said)).toEqual(['Good', 'evening', 'to', 'you.']);
    expect(heard.length).toBe(said.length);
    expect([...heard.subarray(0, 1_000)]).toEqual(Array.from({ length: 1_000 }, () => 0xff));
  });
});

describe('faults of a stream', () => {
  test.each(['reset', 'clean'] as const)(
    'dropped (%s): the action is asked, there is no stop',
    async (how) => {
      const { stream, phone, log } = await withStream({
        action: '/connect',
        answers: { '/connect': '<Say>again</Say>' },
      });
      phone.stream?.drop(how);
      await phone.hearsMatching(/again/);
      expect(await stream.closed).toBe(how === 'reset' ? 1006 : 1000);
      expect(stream.of('stop')).toEqual([]);
      expect(log.of('stream').at(-1)).toMatchObject({ by: 'fault' });
      expect(log.of('fault')).toMatchObject([{ fault: `stream-${how}` }]);
    },
  );

  test('silent, with gaps, swapped, doubled and strange', async () => {
    const { stream, phone } = await withStream();
    await stream.waitFor(({ media }) => media?.chunk === '2');
    phone.stream?.goSilent(300);
    await pause(250);
    const silent = stream.of('media').length;
    expect(silent).toBeLessThan(10);
    await stream.waitFor(({ media }) => Number(media?.chunk) > silent + 2);
    phone.stream?.loseFrames(3);
    await pause(150);
    phone.stream?.swapFrames();
    await pause(150);
    phone.stream?.duplicateFrame();
    await pause(150);
    phone.stream?.sendText();
    phone.stream?.sendText('{"event":"media"}');
    await stream.waitFor(({ event, media }) => event === 'media' && media === undefined);
    const chunks = stream.of('media').flatMap(({ media }) => (media ? [Number(media.chunk)] : []));
    const steps = chunks.slice(1).map((chunk, index) => chunk - (chunks[index] ?? 0));
    expect(steps.filter((step) => step !== 1)).toEqual([4, 2, -1, 2, 0]);
    const times = stream
      .of('media')
      .flatMap(({ media }) => (media ? [Number(media.timestamp)] : []));
    const jumps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(jumps.some((jump) => jump >= 280)).toBe(true);
    expect(stream.of('weather')).toHaveLength(1);
  });

  test('without stop at the end', async () => {
    const { stream, phone } = await withStream();
    phone.stream?.withholdStop();
    phone.hangUp();
    await stream.closed;
    expect(stream.of('stop')).toEqual([]);
  });

  test('a stray stream shows who is let in', async () => {
    const { app: used, sim } = await withStream();
    const stray = await sim.strayStream({
      url: `${used.url}/media`,
      parameters: { token: 'stolen' },
      callSid: 'CAx',
    });
    const seen = await used.stream(1);
    expect(stray.status).toBe(101);
    expect(seen.of('start')[0]?.start).toMatchObject({
      callSid: 'CAx',
      customParameters: { token: 'stolen' },
    });
    stray.frame();
    await seen.waitFor(({ event }) => event === 'media');
    seen.socket.close(1008);
    expect(await stray.closed).toEqual({ code: 1008 });
    const unsigned = await sim.strayStream({ url: `${used.url}/media`, signWith: null });
    expect((await used.stream(2)).request.headers['x-twilio-signature']).toBeUndefined();
    unsigned.close();
  });
});

describe('a script on a stream', () => {
  test('answers what is asked until it hears what it waits for, across clauses', async () => {
    const { stream, phone } = await withStream();
    const assistant = async () => {
      stream.media(spoken('Good evening. How many are you?'));
      await stream.waitFor(() => stream.words.includes('four.'));
      await pause(300);
      stream.media(spoken('Four. Press a key, please.'));
      await stream.waitFor(({ event }) => event === 'dtmf');
      stream.media(spoken('It is booked. Goodbye.'));
    };
    const script = parseScript(
      [
        'until /booked. goodbye/ within 20s',
        '  /evening. how many/ -> say We are four.',
        '  /press a key/ -> press 1',
        'end',
        'hangup',
      ].join('\n'),
    );
    const [result] = await Promise.all([runScript(phone, script), assistant()]);
    expect(result.failures).toEqual([]);
  });

  test('hears across clauses, takes its turn, interrupts and passes', async () => {
    const { stream, phone } = await withStream();
    const said = (count: number) => {
      return stream.waitFor(() => stream.words.length >= count);
    };
    const assistant = async () => {
      stream.media(spoken('Good evening. What can I do for you?'));
      await said(3);
      await pause(300);
      stream.media(
        spoken('At seven. Or at eight, or would you rather come at nine in the evening?'),
      );
      await said(5);
      await pause(700);
      stream.clear();
      await pause(400);
      stream.media(spoken('Nine. Anything else?'));
      await pause(4_500);
      stream.media(spoken('Then goodbye.'));
    };
    const script = parseScript(
      [
        'within 15s',
        'hear /evening. what can/',
        'say A table please.',
        'hear "at seven"',
        'interrupt Nine please.',
        'hear "nine. anything else"',
        'silent',
        'hear "goodbye"',
        'hangup',
      ].join('\n'),
    );
    const [result] = await Promise.all([runScript(phone, script), assistant()]);
    expect(result.failures).toEqual([]);
    expect(result.conversation.map(({ who, text }) => `${who}: ${text}`)).toEqual([
      'assistant: Good evening.',
      'assistant: What can I do for you?',
      'caller: A table please.',
      'assistant: At seven.',
      'caller: Nine please.',
      expect.stringMatching(/^assistant: Or/),
      'assistant: Nine.',
      'assistant: Anything else?',
      'caller: ',
      'assistant: Then goodbye.',
    ]);
  });
});
