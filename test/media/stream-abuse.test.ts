/** What strangers try on the sockets of streams, and what comes of it: nothing. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  AUTH_TOKEN,
  CALL_ID,
  MediaBench,
  OTHER_CALL_ID,
  PUBLIC,
  signatureOf,
  signedUrl,
  STREAM_SID,
  tokenFor,
  until,
} from './harness.ts';
import type { Caller } from './harness.ts';

let bench: MediaBench;
beforeEach(async () => {
  bench = await MediaBench.start();
});
afterEach(() => bench.close());

/** Nobody was asked who costs money, and the workflow was not either unless it had to be. */
function expectNobodyAsked(attached = 0): void {
  expect(bench.sessions).toEqual([]);
  expect(bench.attached).toHaveLength(attached);
}

describe('the upgrade', () => {
  const statusFor = async (headers: Record<string, string | string[]>, path?: string) => {
    const caller = bench.connect({ headers: headers as Record<string, string> }, path);
    return caller.opened.then(
      () => 101,
      (error: Error) => Number(error.message),
    );
  };

  test('is refused without a signature, with a wrong one, and with two', async () => {
    const right = signatureOf(signedUrl());
    expect(await statusFor({})).toBe(403);
    expect(await statusFor({ 'x-twilio-signature': '' })).toBe(403);
    expect(await statusFor({ 'x-twilio-signature': signatureOf(signedUrl(), 'other') })).toBe(403);
    expect(await statusFor({ 'x-twilio-signature': signatureOf(`${PUBLIC}/webhook/voice`) })).toBe(
      403,
    );
    expect(await statusFor({ 'x-twilio-signature': [right, right] })).toBe(403);
    expect(await statusFor({ 'x-twilio-signature': [right, 'x'] })).toBe(403);
    expectNobodyAsked();
  });

  test('is not fooled by headers about where it came from', async () => {
    const elsewhere = signatureOf('wss://evil.example/media/stream');
    const headers = {
      'x-twilio-signature': elsewhere,
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'wss',
    };
    expect(await statusFor(headers)).toBe(403);
  });

  test.each([
    ['wss, as documented', signedUrl()],
    ['https, as some back ends do', `${PUBLIC}/media/stream`],
    ['wss with its port', 'wss://voice.example.com:443/voca/media/stream'],
    ['with a final slash', `${signedUrl()}/`],
  ])('signed over %s is taken', async (_what, url) => {
    expect(await statusFor({ 'x-twilio-signature': signatureOf(url) })).toBe(101);
    const below = '/voca/media/stream'; // a proxy that keeps the public path
    expect(await statusFor({ 'x-twilio-signature': signatureOf(url) }, below)).toBe(101);
  });

  test('of another path is none', async () => {
    const paths = ['/', '/media', '/media/stream2', '/x/media/stream', '/media/streams/'];
    for (const path of paths) {
      const signed = {
        'x-twilio-signature': signatureOf(`${PUBLIC.replace('https', 'wss')}${path}`),
      };
      expect([path, await statusFor(signed, path)]).toEqual([path, 404]);
    }
    const plain = await fetch(`http://127.0.0.1:${bench.port}/media/stream`);
    expect(plain.status).toBe(404);
    expectNobodyAsked();
  });

  /** As it stands on the wire: what opens WebSockets tidies a path up. */
  const statusOf = async (target: string): Promise<string> => {
    const socket = connect(bench.port, '127.0.0.1');
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
        `X-Twilio-Signature: ${signatureOf(signedUrl())}\r\n\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return answer.toString('latin1').slice(9, 12);
  };

  test.each([
    ['/media/stream', '101'],
    ['/media/stream/..', '404'],
    ['/media/./stream', '404'],
    ['/x/../media/stream', '404'],
    ['//media/stream', '404'],
    ['/media//stream', '404'],
    ['/media%2fstream', '404'],
    ['/MEDIA/stream', '404'],
    ['http://voice.example.com/media/stream', '404'],
    ['/media/stream?call=1', '403'], // a stream's URL has no query, and none was signed
  ])('%s, with a signature that is right for streams, is answered %s', async (target, status) => {
    expect(await statusOf(target)).toBe(status);
  });
});

describe('the token', () => {
  const codeFor = async (parameters: Record<string, string>, start: object = {}) => {
    const caller = bench.connect();
    await caller.opened;
    caller.start(parameters, start);
    return caller.closed;
  };

  test('is needed', async () => {
    expect(await codeFor({})).toBe(1008);
    expect(await codeFor({ call: CALL_ID })).toBe(1008);
    expect(await codeFor({ call: CALL_ID, token: 'x' })).toBe(1008);
    expect(await codeFor({ token: tokenFor() })).toBe(1008);
    expectNobodyAsked();
  });

  test('of another call, or one whose time is over, is none', async () => {
    expect(await codeFor({ call: CALL_ID, token: tokenFor(OTHER_CALL_ID) })).toBe(1008);
    expect(await codeFor({ call: CALL_ID, token: tokenFor(CALL_ID, 1, Date.now() - 1) })).toBe(
      1008,
    );
    expectNobodyAsked();
  });

  test('of another account, or of a stream that is none of Twilio, is none', async () => {
    const right = { call: CALL_ID, token: tokenFor() };
    expect(await codeFor(right, { accountSid: `AC${'9'.repeat(32)}` })).toBe(1008);
    expect(await codeFor(right, { streamSid: 'MZ1' })).toBe(1008);
    expect(await codeFor(right, { callSid: 'CA1' })).toBe(1008);
    expect(await codeFor(right, { mediaFormat: { encoding: 'audio/l16' } })).toBe(1008);
    expectNobodyAsked();
  });

  test('is good once: whoever comes after hears nothing, and the first one hears nothing new', async () => {
    const first = await bench.open();
    const parameters = { call: CALL_ID, token: tokenFor() };
    const other = { streamSid: `MZ${'4'.repeat(32)}` };
    expect(await codeFor(parameters, other)).toBe(1008); // right token, another stream
    expect(await codeFor(parameters)).toBe(1008); // the very same stream, on a second socket
    first.socket.close();
    await bench.session.ended;
    expect(await codeFor(parameters)).toBe(1008); // used
    expect(await codeFor(parameters, other)).toBe(1008);
    expect(bench.sessions).toHaveLength(1);
    expect(first.messages).toEqual([]);
    expect(bench.session.heardMs).toBe(0);
  });

  test('that a thousand sockets show at once lets one in', async () => {
    const callers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const caller = bench.connect();
        await caller.opened;
        return caller;
      }),
    );
    callers.forEach((caller, i) => {
      const streamSid = `MZ${String(i).padStart(32, '0')}`;
      caller.start(undefined, { streamSid });
    });
    const open = () => callers.filter(({ socket }) => socket.readyState === socket.OPEN).length;
    await until(() => open() === 1);
    expect(bench.sessions).toHaveLength(1);
  });

  test('stands in no line of the log, and neither do words or digits', async () => {
    const token = tokenFor();
    const caller = await bench.open({ call: CALL_ID, token });
    caller.send({ event: 'dtmf', streamSid: STREAM_SID, dtmf: { digit: '7' } });
    await until(() => bench.session.events.length > 0);
    await codeFor({ call: CALL_ID, token });
    const lines = bench.logged.join('');
    expect(lines).toContain('a stream is connected');
    expect(lines).toContain('a stream was refused');
    for (const secret of [token, AUTH_TOKEN, '"7"', 'digit', signatureOf(signedUrl())]) {
      expect(lines).not.toContain(secret);
    }
  });
});

async function fragmentsOnAndOn({ socket }: Caller): Promise<void> {
  for (let n = 0; socket.readyState === socket.OPEN && n < 100_000; n += 1) {
    socket.send('', { fin: false });
    if (n % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A few at a time: the library itself cuts off who sends more than it can answer at once. */
async function pingOnAndOn({ socket }: Caller): Promise<void> {
  for (let n = 0; socket.readyState === socket.OPEN && n < 2_000; n += 1) {
    socket.ping('x'.repeat(125));
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('a socket that does not keep to the protocol', () => {
  const restart = async (limits: NonNullable<Parameters<typeof MediaBench.start>[0]>['limits']) => {
    await bench.close();
    bench = await MediaBench.start({ ...(limits && { limits }) });
  };
  const connected = async (): Promise<Caller> => {
    const caller = bench.connect();
    await caller.opened;
    return caller;
  };

  test('is closed when it never tells which stream it is, whatever else it says', async () => {
    await restart({ startMs: 200 });
    const silent = await connected();
    const chatty = await connected();
    const talk = setInterval(() => chatty.send({ event: 'connected' }), 20);
    expect(await silent.closed).toBe(1008);
    expect(await chatty.closed).toBe(1008);
    clearInterval(talk);
    expectNobodyAsked();
  });

  test.each([
    ['audio before start', (caller: Caller) => caller.media()],
    [
      'stop before start',
      (caller: Caller) => caller.send({ event: 'stop', streamSid: STREAM_SID }),
    ],
    ['a binary frame', (caller: Caller) => caller.socket.send(Buffer.alloc(160))],
    ['a frame of 70 kB', (caller: Caller) => caller.send(`"${'x'.repeat(70_000)}"`), 1009],
    ['pings without end', pingOnAndOn],
    ['a message whose fragments have no end', fragmentsOnAndOn],
    ['garbage', (caller: Caller) => [1, 2, 3, 4, 5].forEach(() => caller.send('{"event":'))],
    ['other JSON', (caller: Caller) => [1, 2, 3, 4, 5].forEach((n) => caller.send({ n }))],
  ])('is closed for %s', async (_what, send, code = 1008) => {
    const caller = await connected();
    send(caller);
    expect(await caller.closed).toBe(code);
    expectNobodyAsked();
  });

  test.each([
    ['a second start', (caller: Caller) => caller.start()],
    ['a binary frame', (caller: Caller) => caller.socket.send(Buffer.alloc(160))],
    ['a frame of 70 kB', (caller: Caller) => caller.send(`"${'x'.repeat(70_000)}"`), 1009],
    ['garbage', (caller: Caller) => [1, 2, 3, 4, 5].forEach(() => caller.send('garbage'))],
    [
      'audio that is none',
      (caller: Caller) =>
        [1, 2, 3, 4, 5].forEach(() => caller.send({ event: 'media', media: { payload: '%' } })),
    ],
    [
      'audio of another stream',
      (caller: Caller) => [1, 2, 3, 4, 5].forEach(() => caller.media(160, `MZ${'9'.repeat(32)}`)),
    ],
    [
      'messages without end',
      (caller: Caller) => Array.from({ length: 1_000 }, () => caller.send({ event: 'connected' })),
    ],
    [
      'audio faster than anybody speaks',
      (caller: Caller) => Array.from({ length: 30 }, () => caller.media(8_000)),
    ],
    [
      'times that leap, so that gaps are filled faster than time goes by',
      (caller: Caller) => Array.from({ length: 60 }, (_, n) => caller.media(160, STREAM_SID, n)),
    ],
    ['pings without end', pingOnAndOn],
    [
      'pongs that nobody asked for, without end',
      (caller: Caller) => Array.from({ length: 1_000 }, () => caller.socket.pong()),
    ],
  ])('is closed for %s in mid-call, and its session is told', async (_what, send, code = 1008) => {
    const caller = await bench.open();
    send(caller);
    expect(await caller.closed).toBe(code);
    expect(await bench.session.ended).toEqual({ why: 'lost' });
    expect(bench.session.events.at(-1)).toEqual({ type: 'ended', why: 'abuse' });
    await until(() => bench.streams.size === 0);
  });

  test('what is odd and yet well-formed changes nothing and ends nothing', async () => {
    const caller = await bench.open();
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const media = { payload: Buffer.alloc(160, 0x42).toString('base64') };
    const numbers = ['999999999999999', '1e308', '-1', '0x10', 'NaN', '', null, 1e300, -5, [], {}];
    const sent = [
      `{"event":"later","x":${deep}}`,
      '{"event":"later","__proto__":{"streamSid":"MZ","event":"stop"}}',
      '{"event":"__proto__"}',
      '{"event":"constructor"}',
      { event: 'mark', streamSid: STREAM_SID, mark: { name: '__proto__' } },
      { event: 'mark', streamSid: STREAM_SID, mark: { name: 'never sent by us' } },
      { event: 'dtmf', streamSid: STREAM_SID, dtmf: { digit: '77' } },
      ...numbers.map((odd) => ({
        event: 'media',
        media: { ...media, chunk: odd, timestamp: odd },
      })),
    ];
    sent.forEach((message) => caller.send(message));
    caller.send({ event: 'dtmf', streamSid: STREAM_SID, dtmf: { digit: '7' } });
    await until(() => bench.session.events.some(({ type }) => type === 'key'));
    const { events, heardMs } = bench.session;
    expect(caller.socket.readyState).toBe(caller.socket.OPEN);
    expect(events.filter(({ type }) => type !== 'audio')).toEqual([{ type: 'key', digit: '7' }]);
    // Every piece is heard, or dropped; a leap is a second of silence at most.
    expect(heardMs).toBeGreaterThanOrEqual(20);
    expect(heardMs).toBeLessThanOrEqual(numbers.length * 1_020);
  });

  test('a few bad messages and what came in a burst are forgiven', async () => {
    const caller = await bench.open();
    for (let n = 0; n < 4; n += 1) caller.send('garbage');
    for (let n = 0; n < 250; n += 1) caller.media(); // held up for 5 s, and then all at once
    await until(() => bench.session.heardMs === 5_000);
    expect(caller.socket.readyState).toBe(caller.socket.OPEN);
  });

  test('that echoes our marks, however many, is none of these', async () => {
    const caller = await bench.open();
    const { line, events } = bench.session;
    for (let n = 0; n < 1_000; n += 1) line.mark(`${n}`);
    for (let n = 0; n < 1_000; n += 1) {
      caller.send({ event: 'mark', streamSid: STREAM_SID, mark: { name: `${n}` } });
    }
    await until(() => events.length === 1_000);
    expect(caller.socket.readyState).toBe(caller.socket.OPEN);
  });

  test('is lost when it falls silent', async () => {
    await restart({ idleMs: 300 });
    const caller = await bench.open();
    for (let n = 0; n < 5; n += 1) {
      caller.media();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(caller.socket.readyState).toBe(caller.socket.OPEN);
    expect(await caller.closed).toBe(1006);
    expect(bench.session.events.at(-1)).toEqual({ type: 'ended', why: 'lost' });
  });

  test('is cut off when it does not read what is played', async () => {
    const caller = await bench.open();
    caller.socket.pause();
    const { line, ended } = bench.session;
    const second = new Uint8Array(8_000);
    let most = 0;
    // Far more than real time, to fill the buffers of the system, too.
    while (bench.session.events.at(-1)?.type !== 'ended') {
      line.play(second);
      most = Math.max(most, line.waitingBytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(most).toBeLessThan(1_100_000);
    expect(await ended).toEqual({ why: 'lost' });
    expect(bench.session.events.at(-1)).toEqual({ type: 'ended', why: 'abuse' });
    line.play(second);
    expect(line.waitingBytes).toBe(0);
  });
});

describe('sockets in great numbers', () => {
  let sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
  });
  /** A few at a time: the system's own queue of connections is not what is tried here. */
  const idle = async (count: number): Promise<void> => {
    while (sockets.length < count) {
      const some = Array.from({ length: Math.min(100, count - sockets.length) }, () => {
        const socket = connect(bench.port, '127.0.0.1');
        socket.on('error', () => undefined);
        return socket.resume();
      });
      sockets.push(...some);
      await Promise.all(
        some.map((socket) => new Promise((resolve) => socket.once('connect', resolve))),
      );
    }
  };
  const closed = () => sockets.filter(({ destroyed }) => destroyed).length;
  const strangers = { isExempt: () => false, perNetwork: 100 };

  test('2,000 that say nothing keep nobody out, and are closed', async () => {
    await bench.close();
    bench = await MediaBench.start({ connections: { isExempt: () => false } });
    await idle(2_000);
    const caller = await bench.open();
    caller.media();
    await until(() => bench.session.heardMs === 20);
    await until(() => closed() === 2_000, 15_000);
    expect(caller.socket.readyState).toBe(caller.socket.OPEN);
  });

  test('signed ones that never tell who they are take each other the place, and nobody else', async () => {
    const caller = await bench.open();
    const silent: Caller[] = [];
    while (silent.length < 550) {
      const some = Array.from({ length: 50 }, () => bench.connect());
      silent.push(...some);
      await Promise.all(some.map(({ opened }) => opened));
    }
    const [first] = silent;
    expect(await first?.closed).toBe(1006);
    const left = () => silent.filter(({ socket }) => socket.readyState === socket.OPEN).length;
    await until(() => left() <= 500, 2_000); // long before each would be closed for its silence
    caller.media();
    await until(() => bench.session.heardMs === 20);
    const late = await bench.open({ call: OTHER_CALL_ID, token: tokenFor(OTHER_CALL_ID) });
    expect(late.socket.readyState).toBe(late.socket.OPEN);
  });

  test('one more stranger takes the place of the oldest, also of one that is signed', async () => {
    await bench.close();
    bench = await MediaBench.start({ connections: strangers });
    const signed = bench.connect();
    await signed.opened;
    await idle(100);
    expect(await signed.closed).toBe(1006);
  });

  test('but never of one that was let in', async () => {
    await bench.close();
    bench = await MediaBench.start({ connections: strangers });
    const caller = await bench.open();
    await idle(150);
    await until(() => closed() >= 50);
    caller.media();
    await until(() => bench.session.heardMs === 20);
    expect(caller.socket.readyState).toBe(caller.socket.OPEN);
  });
});
