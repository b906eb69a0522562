/** `voca events`: an API from a script on one side, a server of the developer's on the other. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { forwardEvent } from '../../src/cli/forward-event.ts';
import { newWebhookSecret } from '../../src/webhooks/signature.ts';
import { fakeApiOfEachTest, listOf, problem, streamOf } from './fake-api.ts';
import type { Answering } from './fake-api.ts';

const answering = fakeApiOfEachTest();

const event = (nth: number, type = 'call.ended') => ({
  ...{ id: `evt_${nth}`, object: 'event', type, timestamp: '2026-03-01T12:00:00.000Z' },
  ...{ api_version: '2026-12-01', sequence: nth, data: { text: 'é\u2028 "' } },
});
const EVENTS = [event(1), event(2, 'session.ended'), event(3)];

/** All events, then nothing more: here a stream of the workspace may end, so that the command does. */
const telling =
  (...connections: (ReturnType<typeof streamOf> | 'rest')[]): Answering =>
  ({ headers }, count) => {
    const connection = connections[count - 1];
    if (connection === undefined) return problem(401, 'key-unknown');
    if (connection !== 'rest') return connection;
    const from = EVENTS.findIndex(({ id }) => id === headers['last-event-id']) + 1;
    return streamOf(EVENTS.slice(from));
  };

interface Hook {
  url: string;
  posted: { headers: Record<string, string>; body: string }[];
  close(): Promise<void>;
}
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function hook(statuses: number[] = [], port = 0): Promise<Hook> {
  const posted: Hook['posted'] = [];
  const server = createServer((request, response) => {
    void (async () => {
      posted.push({
        headers: request.headers as Record<string, string>,
        body: await text(request),
      });
      response.writeHead(statuses.shift() ?? 200, { location: '/elsewhere' }).end();
    })();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return {
    url,
    posted,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function freeUrl(): Promise<string> {
  const taken = await hook();
  await taken.close();
  return taken.url;
}

describe('voca events list', () => {
  test('asks for what was filtered, and shows a table', async () => {
    const { run, log } = await answering(() => listOf(EVENTS));
    const { code, out } = await run([
      ...['events', 'list', '--type', 'call.ended', '--call', 'call_1'],
      ...['--since', '2026-03-01T00:00:00Z', '--before', '2026-04-01T00:00:00Z'],
    ]);
    expect(code).toBe(0);
    const query = Object.fromEntries(new URLSearchParams(log()[0]?.split('?')[1]));
    expect(query).toEqual({
      ...{ type: 'call.ended', call_id: 'call_1', limit: '20' },
      ...{
        'created_at[gte]': '2026-03-01T00:00:00Z',
        'created_at[lt]': '2026-04-01T00:00:00Z',
      },
    });
    expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['EVENT', 'TYPE', 'TIME', 'SEQUENCE'],
      ['evt_1', 'call.ended', '2026-03-01T12:00:00.000Z', '1'],
      ['evt_2', 'session.ended', '2026-03-01T12:00:00.000Z', '2'],
      ['evt_3', 'call.ended', '2026-03-01T12:00:00.000Z', '3'],
    ]);
  });
});

describe('voca events listen', () => {
  test('prints events as they come, and goes on where a connection was lost', async () => {
    const { run, log } = await answering(
      telling(streamOf(EVENTS.slice(0, 1), 'after'), { cut: 'before' }, 'rest'),
    );
    const { code, out } = await run([
      ...['events', 'listen', '--types', 'call.*,session.ended', '--after', 'evt_0'],
    ]);
    // The key was revoked in the end.
    expect(code).toBe(4);
    expect(out.split('\n')).toEqual(
      EVENTS.map(({ timestamp, type, id }) => `${timestamp}  ${type}  ${id}`),
    );
    expect(log()[0]).toBe('GET /events/stream?types=call.*%2Csession.ended&after=evt_0');
  });

  test('forwards each in order, signed with a fresh secret that it tells first', async () => {
    const server = await hook([200, 500, 307]);
    const { run } = await answering(telling('rest'));
    const { out, err } = await run(['events', 'listen', '--forward-to', server.url]);
    const [, secret = ''] = /^Signed with (whsec_\S+)$/m.exec(err) ?? [];
    const bodies = server.posted.map(({ headers, body }) => {
      expect(headers['content-type']).toBe('application/json');
      new Webhook(secret).verify(body, headers);
      expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow('No matching');
      expect(headers['webhook-id']).toBe((JSON.parse(body) as { id: string }).id);
      return body;
    });
    expect(bodies).toEqual(EVENTS.map((each) => JSON.stringify(each)));
    expect(out.split('\n').map((line) => line.replace(/\d+ ms$/, '? ms'))).toEqual([
      '2026-03-01T12:00:00.000Z  call.ended  evt_1  200  ? ms',
      '2026-03-01T12:00:00.000Z  session.ended  evt_2  500  ? ms',
      '2026-03-01T12:00:00.000Z  call.ended  evt_3  307  ? ms',
    ]);
  });

  test('signs with the secret that is given, and prints one document a line for programs', async () => {
    const server = await hook();
    const secret = newWebhookSecret();
    const { run } = await answering(telling('rest'));
    const { out, err } = await run([
      ...['events', 'listen', '--forward-to', server.url, '--secret', secret, '--json'],
    ]);
    expect(err).not.toContain('whsec_');
    for (const { body, headers } of server.posted) new Webhook(secret).verify(body, headers);
    expect(out.split('\n').map((line) => JSON.parse(line) as object)).toMatchObject(
      EVENTS.map(({ id, type, timestamp }) => ({ id, type, timestamp, status: 200, tries: 1 })),
    );
  });

  test('prints the events themselves for programs when they go nowhere', async () => {
    const { run } = await answering(telling('rest'));
    const { out } = await run(['events', 'listen', '--json']);
    expect(out).toBe(EVENTS.map((each) => JSON.stringify(each)).join('\n'));
  });

  test.each([
    ['--forward-to', 'localhost:3000/hook'],
    ['--forward-to', 'ftp://localhost/'],
    ['--forward-to', 'http://user:pass@localhost/'],
    ['--forward-to', 'http://localhost:3000/', '--secret', 'whsec_c2hvcnQ='],
    ['--forward-to', 'http://localhost:3000/', '--secret', 'mine'],
  ])('refuses %s %s %s %s before it asks anything', async (...args) => {
    const { run, asked } = await answering(telling('rest'));
    expect((await run(['events', 'listen', ...args])).code).toBe(2);
    expect(asked).toEqual([]);
  });

  test('stops where what it has missed is kept no longer', async () => {
    const { run } = await answering((_asked, count) =>
      count === 1 ? streamOf(EVENTS, 'after') : problem(422, 'event-unknown'),
    );
    const { code, out, err } = await run(['events', 'listen']);
    expect(code).toBe(2);
    expect(out.split('\n')).toHaveLength(3);
    expect(err).toContain('event-unknown');
  });
});

describe('forwarding to a server that is down', () => {
  const secret = newWebhookSecret();

  test('is tried again, and reaches it when it comes back', async () => {
    const url = await freeUrl();
    const told: string[] = [];
    const forwarded = forwardEvent('evt_1', '{}', {
      ...{ url, secret, waitsMs: [20, 500, 500] },
      retrying: (code) => told.push(code),
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const server = await hook([], Number(new URL(url).port));
    expect(await forwarded).toMatchObject({ status: 200, tries: 3 });
    expect(told).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
    expect(server.posted).toHaveLength(1);
  });

  test('is passed over with a clear line after some tries', async () => {
    const forwarded = await forwardEvent('evt_1', '{}', {
      ...{ url: await freeUrl(), secret, waitsMs: [1, 1] },
      retrying: () => undefined,
    });
    expect(forwarded).toMatchObject({ failure: 'ECONNREFUSED', tries: 3 });
    const url = await freeUrl();
    const { run } = await answering(telling(streamOf(EVENTS.slice(0, 1))));
    const { out, err } = await run(['events', 'listen', '--forward-to', url]);
    expect(out).toMatch(/ {2}evt_1 {2}ECONNREFUSED {2}\d+ ms$/);
    expect(err).toContain('Your server does not answer (ECONNREFUSED); trying again ...');
    expect(err).toContain('Passed over: evt_1 reached nobody.');
  }, 20_000);
});
