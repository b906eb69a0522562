/**
 * The benchmarks, each once and as short as can be: that their figures are there. How good these are
 * is no question of a test.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandLine } from '../../src/embedded/process-info.ts';
import { eventually } from './support/eventually.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'src', 'bench', 'main.js');
const LONG_MS = 480_000;

let folder: string;
let logdir: string;
let webhook: Outcome;
let recovery: Outcome;
let soak: Outcome;
let api: Outcome;
let flood: Outcome;
let delivery: Outcome;
let media: Outcome;

/** The first ones at the same time: each waits more than it works. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'voca-test-bench-'));
  chmodSync(folder, 0o711); // an embedded PostgreSQL's user has to pass through
  logdir = join(folder, 'evidence');
  [webhook, recovery, soak] = await Promise.all([
    bench(
      `webhook --calls 1 --turns 2 --warmup 1 --pause 50 --many 3 --many-turns 1 --every 200
       --live 5 --callers 2 --seconds 2 --settle 1`,
    ),
    bench(
      `recovery --kills 2 --calls 2 --turns 3 --think 500 --streams 3 --stream-kills 2 --cuts 0 --away 0
       --logdir ${logdir}`,
    ),
    bench('soak --calls 2 --every 200 --turns 2 --look 1 --warmup 1 --settle 0', stopOnceItCalls),
  ]);
  // These work more than they wait.
  api = await bench('api --rows 10000 --other 2000 --times 4 --creations 5 --requests 20');
  flood = await bench(
    `flood --callers 2 --every 200 --seconds 3 --rounds 1 --warmup 1 --idle 100 --slow 10 --asking 10`,
  );
  delivery = await bench(
    `delivery --seconds 2 --fastest 1 --idle 1 --endpoints 3 --flow 1 --events 200 --rate 100
     --closed 2 --failing 2 --slow 1 --slow-answer 200 --kills 0`,
  );
  media = await bench('media --phases 1,2 --seconds 12 --ramp 100 --pause 0');
}, LONG_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function stopOnceItCalls(pid: number, said: () => string): Promise<void> {
  const isUnderWay = () => {
    if (!/\d calls at any time for/.test(said())) throw new Error('it has not begun');
  };
  await eventually(isUnderWay, { withinMs: LONG_MS });
  process.kill(pid, 'SIGINT');
}

interface Outcome {
  code: number | null;
  report: string;
  json: Record<string, unknown>;
}

/** Runs a benchmark in a folder of its own; `during` may disturb it. */
async function bench(
  command: string,
  during: (pid: number, said: () => string) => Promise<void> = async () => undefined,
): Promise<Outcome> {
  const env = { ...process.env, TMPDIR: folder };
  const child = spawn(process.execPath, [MAIN, ...command.split(/\s+/)], { env });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  try {
    await during(child.pid ?? 0, () => output.stderr);
    const code = await exited;
    const last = output.stdout.trim().split('\n').at(-1) ?? '';
    return { code, report: output.stderr, json: last.startsWith('{') ? JSON.parse(last) : {} };
  } finally {
    child.kill('SIGKILL'); // only one that hangs is still there
  }
}

describe('the benchmarks', () => {
  test('webhook measures every way of calling, costs, memory, and the bot beside it', () => {
    const { code, json } = webhook;
    expect(json).toMatchObject({ benchmark: 'webhook', errors: 0, interrupted: false });
    const phase = {
      turn: { count: expect.any(Number) },
      cpuMsPerWebhook: { total: expect.any(Number) },
    };
    expect(json).toMatchObject({
      one: phase,
      many: { ...phase, calls: 3 },
      throughput: { ...phase, perSecond: expect.any(Number) },
      memory: { warmUp: 5, live: 10 },
      bot: { one: phase, throughput: phase },
      ratios: { turnP50: expect.any(Number) },
      historyEventsPerTurn: expect.any(Number),
    });
    const { cpuMsPerWebhook } = json['throughput'] as { cpuMsPerWebhook: object };
    expect(Object.keys(cpuMsPerWebhook).sort()).toEqual(
      ['api', 'worker', 'media', 'temporal', 'postgres', 'generator', 'total'].sort(),
    );
    expect(code).toBe(0);
  });

  test('recovery kills, measures who waited, and has the history checked', () => {
    const { code, json } = recovery;
    expect(json).toMatchObject({
      benchmark: 'recovery',
      kills: 2,
      notBack: 0,
      applicationErrors: 0,
      openAfterwards: 0,
      verdict: { ok: true, counts: { lost: 0, kills: 4 } },
      media: { streams: 3, kills: 2, notBack: 0 },
    });
    expect((json['byKill'] as { callers: number }[]).length).toBeGreaterThan(0);
    expect(existsSync(join(logdir, 'run.json'))).toBe(true);
    expect(readFileSync(join(logdir, 'run.json'), 'utf8')).toContain('--kills 2');
    expect(code).toBe(0);
  });

  test('soak ends with Ctrl-C and reports what it has', () => {
    const { code, json, report } = soak;
    expect(json).toMatchObject({ benchmark: 'soak', interrupted: true, errors: 0 });
    expect(Object.keys(json['growth'] as object)).toContain('voca-worker-1');
    expect(report).toContain('STOPPED EARLY');
    expect(code).toBe(130);
  });

  test('api lists by every filter at every depth, creates assistants, signs in', () => {
    const { code, json, report } = api;
    expect(json).toMatchObject({ benchmark: 'api', rows: 10_000, errors: 0, interrupted: false });
    const lists = json['lists'] as { filter: string; isSingle: boolean; p95: number | null }[];
    expect(lists.filter(({ p95 }) => p95 === null)).toEqual([]);
    expect(lists.filter(({ isSingle }) => isSingle).length).toBeGreaterThan(20);
    expect(lists.filter(({ isSingle }) => !isSingle).length).toBeGreaterThan(10);
    expect(json).toMatchObject({
      creating: { plain: { count: 5 }, keyed: { count: 5 }, repeated: { count: 5 } },
      signIn: { added: { signedIn: expect.any(Number), cold: expect.any(Number) } },
    });
    // The only benchmark whose command fails for a goal.
    const isMissed = (json['missed'] as number) > 0;
    expect([code, report.trim().endsWith('FAIL')]).toEqual(isMissed ? [1, true] : [0, false]);
  });

  test('flood keeps calls going beside strangers, whom nobody keeps', () => {
    const { code, json } = flood;
    expect(json).toMatchObject({ benchmark: 'flood', errors: 0, interrupted: false });
    expect(json).toMatchObject({
      quiet: { turn: { count: expect.any(Number) }, errors: 0 },
      flooded: { turn: { count: expect.any(Number) }, errors: 0 },
      strangers: {
        idle: { sent: expect.any(Number) },
        'bad keys': { statuses: expect.anything() },
      },
    });
    const strangers = json['strangers'] as Record<string, { statuses: Record<string, number> }>;
    const statuses = Object.values(strangers).flatMap((each) => Object.keys(each.statuses));
    expect(statuses.filter((status) => !status.startsWith('4'))).toEqual([]);
    expect(statuses).toEqual(expect.arrayContaining(['401', '403', '413', '422']));
    expect(code).toBe(0);
  });

  test('delivery measures how soon events arrive, an outage and what both cost', () => {
    const { code, json } = delivery;
    expect(json).toMatchObject({
      benchmark: 'delivery',
      errors: 0,
      interrupted: false,
      latency: [{ callsPerSecond: 1, calls: 2, missing: 0 }],
      idle: { withEndpoints: { endpoints: 3, historyEvents: 0, workflowRuns: 0 } },
      flow: { deliveries: 20, rows: 2, cpuMs: { total: expect.any(Number) } },
      outage: { events: 200, missing: 0, otherMissing: 0, drainSeconds: expect.any(Number) },
      drain: { historyEvents: expect.any(Number) },
      killed: null,
    });
    const [{ byType }] = json['latency'] as [{ byType: Record<string, { count: number }> }];
    expect(byType['call.turn.completed']?.count).toBe(6);
    expect(byType['call.ended']?.count).toBe(2);
    expect(code).toBe(0);
  });

  test('media has callers talk and interrupt over streams, and checks each word', () => {
    const { code, json } = media;
    expect(json).toMatchObject({ benchmark: 'media', errors: 0, interrupted: false });
    const phases = json['phases'] as {
      turns: number;
      interruptions: number;
      answer: { count: number };
      overhead: { count: number };
      clear: { count: number };
      cpuPerStreamMinute: Record<string, number>;
    }[];
    expect(phases).toMatchObject([
      { streams: 1, playback: { staleMs: 0 } },
      { streams: 2, playback: { staleMs: 0 }, mediaMb: expect.any(Number) },
    ]);
    for (const { turns, answer, overhead } of phases) {
      expect(turns).toBeGreaterThan(0);
      expect([answer.count, overhead.count]).toEqual([turns, turns]);
    }
    const [, { interruptions, clear, cpuPerStreamMinute }] = phases as [object, (typeof phases)[0]];
    expect(interruptions).toBeGreaterThan(0);
    expect(clear.count).toBe(interruptions);
    expect(Object.keys(cpuPerStreamMinute)).toEqual(
      expect.arrayContaining(['media', 'worker', 'api', 'callers', 'vendors']),
    );
    expect(code).toBe(0);
  });

  test('leave nothing behind: no data, and no process that was started with it', () => {
    const folders = readdirSync(folder).filter((name) => name.startsWith('voca-bench-'));
    expect(folders).toEqual([]);
    const pids = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && name !== `${process.pid}`,
    );
    const left = pids.filter((pid) => commandLine(Number(pid)).join(' ').includes(folder));
    expect(left).toEqual([]);
  });
});
