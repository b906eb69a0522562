/** Requests that Twilio would never send: answered so that Twilio could read it, then forgotten. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  ACCOUNT_SID,
  BASE,
  CALL_SID,
  FIELDS,
  INBOUND_ID,
  ROUTES,
  signatureOf,
  signed,
  startApp,
  verbsOf,
} from './harness.ts';
import type { Reply, Server } from './harness.ts';

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());
beforeEach(() => {
  server.gateway.asked.length = 0;
});

/** What Twilio would see of an answer, and what it did here. */
function seen(reply: Reply | undefined) {
  if (!reply) return undefined;
  const { status, headers, body } = reply;
  const leaks = /<html|<!doctype|\bat .*:\d+:\d+|node_modules|fastify|FST_/i.test(body);
  const verbs = verbsOf(reply);
  return { status, verbs, leaks, location: headers.location, asked: server.gateway.asked };
}

const TWIML = { 'content-type': 'text/xml; charset=utf-8' };

/** TwiML without a verb: no HTML, no JSON, no stack, no way to somewhere else; nothing was done. */
const refused = (status: number) => {
  return { status, verbs: [], leaks: false, location: undefined, asked: [] };
};

interface RawAnswer {
  text: string;
  /** Milliseconds from connecting until the server closed; undefined when it did not. */
  closedAfterMs?: number;
}

/** Writes bytes as they are, and reads until the server closes or `waitMs` are over. */
function raw(bytes: string | Buffer | ((socket: Socket) => void), waitMs: number) {
  return new Promise<RawAnswer>((resolve) => {
    const startedMs = Date.now();
    const socket = connect(server.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const text = () => Buffer.concat(chunks).toString();
    const timer = setTimeout(() => {
      socket.destroy();
      resolve({ text: text() });
    }, waitMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined); // a reset is an answer too
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ text: text(), closedAfterMs: Date.now() - startedMs });
    });
    socket.on('connect', () => {
      if (typeof bytes === 'function') bytes(socket);
      else socket.write(bytes);
    });
  });
}

/** The answers on a raw connection, in order. */
function repliesIn(text: string): Reply[] {
  const replies: Reply[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    expect(end).toBeGreaterThan(0);
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = Number(headers['content-length'] ?? 0);
    const body = rest.slice(end + 4, end + 4 + length);
    replies.push({ status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]), headers, body });
    rest = rest.slice(end + 4 + length);
  }
  return replies;
}

/** A signed POST as bytes. */
function wire(path: string, fields = FIELDS, extra = ''): string {
  const form = new URLSearchParams(fields).toString();
  const signature = signatureOf(BASE + path, fields)['X-Twilio-Signature'];
  return (
    `POST ${path} HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: ${signature}\r\n${extra}` +
    `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`
  );
}

describe.each(ROUTES)('%s', (path, fields) => {
  test.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencodedx',
    'text/x-www-form-urlencoded',
    'garbage',
    '',
  ])('refuses a body of the type %j with 415', async (type) => {
    const sent = signed('POST', path, fields);
    const headers = { ...sent.headers, 'Content-Type': type };
    expect(seen(await server.send({ ...sent, headers }))).toEqual(refused(415));
  });

  test('takes the type in any case and with parameters', async () => {
    const headers = { 'Content-Type': 'Application/X-WWW-Form-Urlencoded ; charset="utf-8"' };
    const reply = await server.twilio('POST', path, fields, { headers });
    expect(reply.status).toBeLessThan(300);
  });

  test('refuses a body above 64 kB with 413, and takes one below', async () => {
    const long = { ...fields, SpeechResult: 'x'.repeat(64 * 1024) };
    expect(seen(await server.twilio('POST', path, long))).toEqual(refused(413));
    const good = { ...fields, SpeechResult: 'x'.repeat(60_000) };
    expect((await server.twilio('POST', path, good)).status).toBeLessThan(300);
  });

  test('refuses headers above 16 kB with 431', async () => {
    const sent = signed('POST', path, fields);
    const headers = { ...sent.headers, 'X-Long': 'x'.repeat(17 * 1024) };
    expect(seen(await server.send({ ...sent, headers, method: 'POST' }))).toEqual(refused(431));
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE'])(
    'knows no %s',
    async (method) => {
      const sent = signed('GET', path, fields);
      expect(seen(await server.send({ ...sent, method }))).toEqual(refused(404));
    },
  );

  test('does nothing for HEAD', async () => {
    const sent = signed('GET', path, fields);
    const reply = await server.send({ ...sent, method: 'HEAD' });
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.body).toBe('');
    expect(server.gateway.asked).toEqual([]);
  });

  test('does not unpack a body', async () => {
    const headers = { 'Content-Encoding': 'gzip' };
    const sent = { ...signed('POST', path, fields), form: '\x1f\x8b\x08garbage' };
    expect(seen(await server.send({ ...sent, headers: { ...sent.headers, ...headers } }))).toEqual(
      refused(403),
    );
  });
});

test.each([
  '/',
  '/webhook',
  '//webhook/voice',
  '/webhook/voice/../status',
  '/WEBHOOK/VOICE',
  `/process_speech/${CALL_SID}/x`,
  '/call/%73tatus/x',
  '/index.php',
  '/.env',
  '/v1/calls',
  '/healthz/x',
])('nothing is at %s', async (target) => {
  for (const method of ['GET', 'POST'])
    expect(seen(await server.send({ method, target }))).toEqual(refused(404));
});

test.each([
  '/webhook/voice%',
  '/process_speech/%',
  '/process_speech/%E0%A4%A',
  '/process_speech/%ff%fe',
  '/%c0%ae%c0%ae/etc/passwd',
  '/process_speech/%00',
  '/process_speech/',
  `/process_speech/${CALL_SID}%2f..%2f`,
  `/process_speech/${CALL_SID}?call=%&turn=%ff%`,
  '/webhook/voice?%=%&&&=&==',
])('garbage in a URL is refused: %s', async (target) => {
  for (const method of ['GET', 'POST']) {
    const reply = await server.send({ method, target });
    expect([400, 403, 404]).toContain(reply.status);
    expect(seen(reply)).toEqual(refused(reply.status));
  }
});

test('an unknown route reads no JSON and no prototype', async () => {
  const headers = { 'Content-Type': 'application/json' };
  for (const form of ['{', '{"__proto__":{}}', '[]', '"'.repeat(1000)]) {
    for (const target of ['/nowhere', '/webhook/voice', '/healthz']) {
      const reply = await server.send({ target, form, headers });
      expect([400, 404, 415]).toContain(reply.status);
      expect(seen(reply)).toEqual(refused(reply.status));
    }
  }
});

describe('bytes that are no HTTP', () => {
  test.each<[string, string, number]>([
    ['garbage', 'garbage\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['an unknown method', 'VOICE /webhook/voice HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a control character', 'GET /webhook/voice\u0001 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a bad header', 'GET /webhook/voice HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n', 400],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'a bad chunk',
      'POST /webhook/voice HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    ['endless headers', `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(10_000)}`, 431],
    ['an endless path', `GET /${'x'.repeat(100_000)}`, 431],
  ])('%s', async (_what, bytes, status) => {
    const { text, closedAfterMs } = await raw(Buffer.from(bytes, 'latin1'), 4000);
    const [reply, ...others] = repliesIn(text);
    expect(others).toEqual([]);
    expect(seen(reply)).toEqual(refused(status));
    expect(closedAfterMs).toBeDefined();
  });

  test.each([
    ['an absolute target', 'http://evil.example/webhook/voice'],
    ['an absolute target of our own', `${BASE}/webhook/voice`],
    ['a backslash', '\\webhook\\voice'],
    ['an asterisk', '*'],
  ])('%s is never taken for signed', async (_what, target) => {
    const bytes = wire('/webhook/voice').replace('/webhook/voice', target);
    const { text } = await raw(bytes.replace('Host: x', 'Host: x\r\nConnection: close'), 4000);
    const [reply] = repliesIn(text);
    expect([400, 403, 404]).toContain(reply?.status);
    expect(server.gateway.asked).toEqual([]);
  });

  test('an upgrade to a WebSocket is a request like any other', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    const { text } = await raw(wire('/webhook/voice', FIELDS, upgrade), 500);
    expect(repliesIn(text)[0]?.status).toBe(200);
  });

  test('a tunnel is not opened', async () => {
    const { text } = await raw('CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n', 2000);
    expect(text).not.toContain(' 200 ');
  });

  test('an endless body without a length is cut off', async () => {
    const head =
      'POST /webhook/voice HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = `2000\r\n${'x'.repeat(0x2000)}\r\n`;
    const { text, closedAfterMs } = await raw((socket) => {
      socket.write(head);
      const feed = () => {
        while (!socket.destroyed && socket.write(chunk)) continue;
      };
      socket.on('drain', feed);
      feed();
    }, 10_000);
    expect(closedAfterMs).toBeDefined();
    // The reset may overtake the answer; when it comes it is the right one.
    const [reply = { status: 413, headers: TWIML, body: '<Response/>' }] = repliesIn(text);
    expect(seen(reply)).toEqual(refused(413));
  });
});

describe('pipelined requests', () => {
  test('are answered one by one, in order', async () => {
    const speech = `/process_speech/${CALL_SID}?call=${INBOUND_ID}&turn=3`;
    const bytes = [
      wire('/webhook/voice'),
      wire('/call/status'),
      wire(speech),
      'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ].join('');
    const { text } = await raw(bytes, 5000);
    expect(repliesIn(text).map(({ status }) => status)).toEqual([200, 204, 200, 200]);
    expect(server.gateway.asked.map(({ ask }) => ask)).toEqual(['begin', 'status', 'hear']);
  });

  test('cannot hide a second request in the body of the first', async () => {
    const hidden = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const head = `POST /webhook/voice HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${hidden.length}\r\n\r\n`;
    const { text } = await raw(head + hidden, 5000);
    expect(repliesIn(text).map(({ status }) => status)).toEqual([403]);
  });
});

describe('slow senders', () => {
  const head = `POST /webhook/voice HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
  /** Sends a start, then one byte of the rest each 200 ms. */
  const dribble = (start: string, rest: string) => (socket: Socket) => {
    socket.write(start);
    let at = 0;
    const timer = setInterval(() => socket.write(rest.charAt(at++ % rest.length)), 200);
    socket.on('close', () => clearInterval(timer));
  };

  test('of headers, of a body, and of nothing at all are gone within 7 s', async () => {
    const answers = await Promise.all([
      raw(dribble('GET /webhook', '/voice'), 9000),
      raw(dribble(`${head}X-A: `, 'b'), 9000),
      raw(dribble(`${head}Content-Length: 5000\r\n\r\n`, 'a=b&'), 9000),
      raw(`${head}Content-Length: 10\r\n\r\n`, 9000),
      raw('', 9000),
    ]);
    for (const { text, closedAfterMs } of answers) {
      expect(closedAfterMs).toBeGreaterThan(4000);
      expect(closedAfterMs).toBeLessThan(7000);
      for (const reply of repliesIn(text)) expect(seen(reply)).toEqual(refused(408));
    }
    expect(answers.filter(({ text }) => text.includes(' 408 ')).length).toBeGreaterThanOrEqual(4);
  }, 15_000);
});

test('500 idle connections do not keep a caller waiting', async () => {
  const idle = await Promise.all(
    Array.from(
      { length: 500 },
      (_, i) =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(server.port, '127.0.0.1', () => {
            if (i % 2 === 0) socket.write('POST /webhook/voice HTTP/1.1\r\nHost:');
            resolve(socket);
          });
          socket.on('error', reject);
        }),
    ),
  );
  try {
    const startedMs = Date.now();
    for (let i = 0; i < 20; i++) {
      expect((await server.twilio('POST', '/webhook/voice')).status).toBe(200);
    }
    expect(Date.now() - startedMs).toBeLessThan(2000);
  } finally {
    for (const socket of idle) {
      socket.removeAllListeners('error').on('error', () => undefined);
      socket.destroy();
    }
  }
}, 15_000);

test('what went wrong is in the log without what was sent', () => {
  expect(server.logged()).not.toContain(ACCOUNT_SID);
  expect(server.logged()).not.toContain('5005550');
});
