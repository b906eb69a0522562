import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { faceOf } from '../../../src/api-key.ts';
import { askOf } from '../../../src/bench/flood/askers.ts';
import { floodGoals, ratio, renderFlood } from '../../../src/bench/flood/flood-figures.ts';
import { hold } from '../../../src/bench/flood/holders.ts';
import { addFigures, noFigures, Tally } from '../../../src/bench/flood/tally.ts';
import { verdictOf } from '../../../src/bench/report-lines.ts';

describe('the tally of strangers', () => {
  test('keeps the longest time of connections that are closed, and of those that are not', () => {
    const tally = new Tally();
    const [closed, open] = [{}, {}];
    tally.holds('idle', closed, 100);
    tally.holds('slow bodies', open, 100);
    expect(tally.lost(closed, 600)).toBe(true);
    expect(tally.lost(closed, 900)).toBe(false);
    const figures = tally.figures(1100);
    expect(figures.idle.longestMs).toBe(500);
    expect(figures['slow bodies'].longestMs).toBe(1000);
  });

  test('adds floods up', () => {
    const [sum, more] = [noFigures(), noFigures()];
    sum['bad keys'] = { sent: 2, refused: 0, statuses: { 401: 2 }, longestMs: 30 };
    more['bad keys'] = { sent: 3, refused: 1, statuses: { 401: 1, 429: 1 }, longestMs: 20 };
    addFigures(sum, more);
    expect(sum['bad keys']).toEqual({
      ...{ sent: 5, refused: 1, longestMs: 30 },
      statuses: { 401: 3, 429: 1 },
    });
  });
});

describe('what strangers ask', () => {
  test('comes with keys that look like keys, each another one', () => {
    const keys = [0, 1].map((time) => {
      const { headers } = askOf('bad keys', time, 'good');
      return String((headers as Record<string, string>)['authorization']).slice('Bearer '.length);
    });
    expect(keys.every((key) => faceOf(key) !== undefined)).toBe(true);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test('is as deep as a body of the API may be long, and JSON', () => {
    const { body = '' } = askOf('deep JSON', 1, 'good');
    expect(body.length).toBeLessThan(256 * 1024);
    expect(() => JSON.parse(body)).not.toThrow();
  });

  test('has huge bodies for both kinds of routes', () => {
    const paths = [0, 1].map((time) => askOf('huge bodies', time, 'good').path);
    expect(paths.sort()).toEqual(['/v1/assistants', '/webhook/voice']);
  });
});

describe('strangers who hold connections', () => {
  let server: Server;
  let sockets: Socket[];
  let received: string;
  beforeEach(async () => {
    [sockets, received] = [[], ''];
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', (part) => (received += part.toString())).on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const until = async (holds: () => boolean) => {
    const deadlineMs = Date.now() + 10_000;
    while (!holds()) {
      if (Date.now() > deadlineMs) throw new Error('it did not happen in time');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  test('say it a byte at a time, and come again when they are sent away', async () => {
    const tally = new Tally();
    const { port } = server.address() as AddressInfo;
    const holding = hold('slow headers', { port, key: 'k', count: 1, from: [] }, tally);
    try {
      await until(() => sockets.length === 1 && /strangers\.example\r\nX-/.test(received));
      expect(received).not.toContain('\r\n\r\n');
      sockets[0]?.destroy();
      await until(() => sockets.length === 2);
    } finally {
      holding.stop();
    }
    expect(tally.figures(performance.now())['slow headers']).toMatchObject({ sent: 2, refused: 0 });
  });
});

const times = { count: 9, p50: 40, p95: 60, p99: 100, max: 120 };
const calls = { first: times, turn: times, status: times, errors: 0 };
const measured = {
  quiet: calls,
  flooded: { ...calls, turn: { ...times, p99: 119 } },
  strangers: noFigures(),
  apiMb: { quiet: 150, floods: [180, 200] },
  usedCores: { quiet: { api: 0.1 }, flooded: { api: 0.25 } },
  sockets: { before: 7, most: 2000, after: 9 },
};

describe('the goals beside a flood', () => {
  const verdicts = (change: Partial<typeof measured> = {}) =>
    floodGoals({ ...measured, ...change }).filter((goal) => verdictOf(goal) !== 'met');

  test('are met when turns take a fifth more at most, and nothing is left', () => {
    expect(verdicts()).toEqual([]);
  });

  test.each<[string, Partial<typeof measured>]>([
    ['turn p99, flood over quiet', { flooded: { ...calls, turn: { ...times, p99: 121 } } }],
    ['calls that failed', { flooded: { ...calls, errors: 1 } }],
    ['api grows by', { apiMb: { quiet: 100, floods: [251, 120] } }],
    ['sockets left afterwards', { sockets: { before: 7, most: 9, after: 18 } }],
  ])('%s can be missed', (name, change) => {
    expect(verdicts(change).map((goal) => goal.name)).toEqual([name]);
  });

  test('see connections that are kept too long, and faults of ours', () => {
    const strangers = noFigures();
    strangers.idle.longestMs = 7000;
    strangers['deep JSON'].statuses = { 500: 1, 422: 9 };
    const missed = verdicts({ strangers }).map((goal) => goal.name);
    expect(missed).toEqual(['a slow connection lives', 'answers with 5xx']);
  });

  test('have no ratio without turns', () => {
    const none = { ...times, p99: null };
    expect(ratio(calls, { ...calls, turn: none }, 'p99')).toBeNull();
  });

  test('are told beside what became of strangers', () => {
    const strangers = noFigures();
    strangers['bad keys'] = { sent: 12, refused: 0, statuses: { 401: 12 }, longestMs: 3 };
    const report = renderFlood(
      {
        ...{ benchmark: 'flood', callers: 2, everyMs: 1000, seconds: 5, rounds: 1 },
        ...{ ...measured, strangers, goals: floodGoals(measured), errors: 0, interrupted: false },
        order: {
          addresses: 1,
          held: { idle: 1, 'slow headers': 1, 'slow bodies': 1 },
          perSecond: {
            ...{ 'huge bodies': 1, 'deep JSON': 1, 'bad keys': 1, 'unsigned webhooks': 1 },
          },
        },
        ...{ node: 'v20.0.0', cores: 2, load: [0, 0] },
      },
      ['flood: turn: HTTP status 500'],
    );
    expect(report).toContain('12 × 401');
    expect(report).toContain('in the flood: api 0.25');
    expect(report).toContain('p99 × 1.19');
    expect(report).toContain('flood: turn: HTTP status 500');
    expect(report).toContain('7 before, 2000 at most, 9 after');
  });
});
