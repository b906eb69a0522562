import { describe, expect, test } from '@jest/globals';
import twilio from 'twilio';
import { ACCOUNT_SID, AUTH_TOKEN, startBench } from './bench.ts';
import { payloadOf, spoken } from './stream-app.ts';
import { begin, isMark, pause, problems, withStream } from './stream-bench.ts';
import type { Setting } from './stream-bench.ts';

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
      answers: () => ({ '/connect': '<Say>back</Say>' }),
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
      answers: (url) => ({ '/again': `<Connect><Stream url="${url}/second"/></Connect>` }),
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
        answers: () => ({ '/moved': '<Say>moved</Say>' }),
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
      answers: () => ({ '/stream-status': '' }),
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
      answers: () => ({ '/connect': '<Say>on</Say>' }),
    });
    await phone.hearsMatching(/on/);
    expect(problems(used)).toEqual([code]);
  });

  test('for want of a Stream is warned about, and the next verb runs', async () => {
    const used = await startBench({ '/voice': '<Connect><Room>x</Room></Connect><Say>on</Say>' });
    await used.call().hearsMatching(/on/);
    expect(problems(used)).toEqual([12200]);
    await used.close();
  });
});

describe('faults of a stream', () => {
  test.each(['reset', 'clean'] as const)(
    'dropped (%s): the action is asked, there is no stop',
    async (how) => {
      const { stream, phone, log } = await withStream({
        action: '/connect',
        answers: () => ({ '/connect': '<Say>again</Say>' }),
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
    const frames = (count: number) => {
      const enough = stream.of('media').length + count;
      return stream.waitFor(() => stream.of('media').length >= enough);
    };
    phone.stream?.loseFrames(3);
    await frames(3);
    phone.stream?.swapFrames();
    await frames(4);
    phone.stream?.duplicateFrame();
    await frames(4);
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
    const { stream, phone, log, bench } = await withStream({ after: '<Say>next</Say>' });
    stream.media(Buffer.concat([spoken('So much.'), new Uint8Array(4_800_000).fill(0x00)]));
    await phone.hearsMatching(/so much/i);
    stream.socket.terminate();
    await phone.hearsMatching(/next/);
    const { measures } = log.of('stream').at(-1) ?? {};
    expect(measures?.maxLeadMs).toBeGreaterThan(599_000);
    expect(measures?.playedMs).toBeLessThan(10_000);
    expect(problems(bench)).toEqual([31921]);
  });

  test('by not answering the goodbye holds nobody up', async () => {
    const { stream, phone, log, sim } = await withStream();
    (stream.socket as unknown as { _socket: { pause(): void } })._socket.pause();
    phone.hangUp();
    await phone.ended;
    const over = await log.waitFor('stream', ({ state }) => state === 'over');
    await sim.close();
    expect(over).toMatchObject({ by: 'ended' });
  });
});
