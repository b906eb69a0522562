/**
 * Calls with deliveries while every process is killed with -9 at random, the customer's server too: the
 * short form of `npm run bench -- delivery`. A seed of one's own is tried with `VOCA_KILL_SEED=7`, which
 * every failure prints.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readEvidence, renderVerdict } from '../../src/drill/index.ts';
import type { Verdict } from '../../src/drill/index.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'src', 'bench', 'main.js');
/** With this one everything dies within the first nine kills, the customer's server first of all. */
const SEED = process.env['VOCA_KILL_SEED'] ?? '365';
const CALLS = 50;
const LONG_MS = 480_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'voca-kills-'));
  chmodSync(folder, 0o711); // an embedded PostgreSQL's user has to pass through
});
let isGood = false;
afterAll(() => {
  if (isGood) rmSync(folder, { recursive: true, force: true });
});

interface Killed {
  calls: number;
  kills: Record<string, number>;
  notBack: number;
  openAfterwards: number;
  verdict: Verdict;
}

test(
  'every event is delivered, in sequence and signed, and calls are as the caller knows them',
  async () => {
    const logdir = join(folder, 'evidence');
    const { killed, report } = await drill(logdir);
    if (!killed.verdict.ok) {
      const { run } = readEvidence(logdir);
      throw new Error(
        `${renderVerdict(killed.verdict, run)}\nVOCA_KILL_SEED=${SEED}; npm run check:history -- ${logdir}`,
      );
    }
    const { counts } = killed.verdict;
    expect({ ...killed, report }).toMatchObject({ calls: CALLS, notBack: 0, openAfterwards: 0 });
    // It was a drill at all: things died, the customer's server too, and there was much to deliver.
    expect(killed.kills['receiver']).toBeGreaterThan(0);
    expect(counts['kills']).toBeGreaterThan(5);
    expect(counts['deliveries']).toBeGreaterThan(4 * CALLS);
    expect(counts['deliveries']).toBeGreaterThanOrEqual(counts['outboxEvents'] ?? Infinity);
    expect(counts['received']).toBeGreaterThanOrEqual(counts['deliveries'] ?? Infinity);
    expect(counts).toMatchObject({ calls: CALLS, lost: 0 });
    expect(counts['deliveriesFailed']).toBeUndefined();
    isGood = true;
  },
  LONG_MS,
);

async function drill(logdir: string): Promise<{ killed: Killed; report: string }> {
  const nothingElse = '--seconds 0 --idle 0 --flow 0 --events 0';
  const command = `delivery ${nothingElse} --kills ${CALLS} --calls 6 --turns 4 --seed ${SEED} --logdir ${logdir}`;
  const child = spawn(process.execPath, [MAIN, ...command.split(' ')], {
    env: { ...process.env, TMPDIR: folder },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  try {
    await new Promise((resolve) => child.once('close', resolve));
  } finally {
    child.kill('SIGKILL'); // only one that hangs is still there
  }
  const last = output.stdout.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{') || !existsSync(logdir)) throw new Error(output.stderr);
  return { killed: (JSON.parse(last) as { killed: Killed }).killed, report: output.stderr };
}
