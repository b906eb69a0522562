/** Whatever is sent to the API, it answers as its description says. Needs Python; says so without it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { Roles, say } from './support/roles.ts';
import { pythonTools, run } from './support/python-tools.ts';
import type { PythonTools } from './support/python-tools.ts';

const FOLDER = join(import.meta.dirname, 'schemathesis');
const SEED = process.env['VOCA_SCHEMATHESIS_SEED'] ?? '1';
const SECONDS = process.env['VOCA_SCHEMATHESIS_SECONDS'] ?? '75';

let roles: Roles;
let tools: PythonTools | string;
let scratch: string;
let key: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'voca-schemathesis-'));
  tools = await pythonTools(join(FOLDER, 'requirements.txt'));
  if (typeof tools === 'string') {
    process.stderr.write(`\n*** SCHEMATHESIS DID NOT RUN: ${tools}. ***\n\n`);
    return;
  }
  roles = await Roles.prepare({ env: { VOCA_LLM: 'demo' } });
  roles.launch('worker');
  await roles.launch('api').isReady();
  await roles.untilReady();
  key = await makeKey();
  for (const words of ['A table for two.', 'At eight.']) await makeCall(words);
}, 300_000);
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  await roles?.stop();
});

/** It asks as fast as it can; only dialling is not worth so many calls. */
const LIMITS = { reads: 1_000_000, writes: 1_000_000, dials: 60 };

/** A key that it cannot take away from itself. */
async function makeKey(): Promise<string> {
  const { code, out, err } = await roles.voca('keys', 'create');
  if (code !== 0) throw new Error(`No key: ${err}`);
  const client = new pg.Client({ connectionString: roles.databaseUrl });
  await client.connect();
  const limits = { key: LIMITS, workspace: LIMITS };
  await client.query('update workspaces set limits = $1', [limits]);
  await client.query(`
    create function stay() returns trigger language plpgsql as 'begin return null; end';
    create trigger stay before update of revoked_at, expires_at on api_keys
      for each row when (old.last_four = '${out.trim().slice(-4)}') execute function stay()`);
  await client.end();
  return out.trim();
}

/** Something to be found: a call with its turns, its session, and what is known of them. */
async function makeCall(words: string): Promise<void> {
  const phone = roles.dial();
  await say(phone, words, /./);
  phone.hangUp();
  const url = `${roles.webhookUrl}/v1/calls/${roles.callIdOf(phone)}`;
  await eventually(
    async () => {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
      const { status } = (await answer.json()) as { status: string };
      if (status !== 'ended') throw new Error(`the call is ${status}`);
    },
    { withinMs: 30_000 },
  );
}

test('schemathesis finds no answer that is not documented', async () => {
  if (typeof tools === 'string') return;
  const { code, output } = await run(
    tools.python,
    [
      ...['-m', 'schemathesis.cli', '--config-file', join(FOLDER, 'schemathesis.toml'), 'run'],
      ...[`${roles.webhookUrl}/openapi.json`],
      ...['--url', roles.webhookUrl, '--seed', SEED, '--max-time', SECONDS],
      // A stream does not end, and no tool waits for that.
      ...['--exclude-operation-id', 'streamEvents', '--exclude-operation-id', 'streamCallEvents'],
      ...['-H', `Authorization: Bearer ${key}`],
      '--no-color',
    ],
    {
      env: { PYTHONPATH: tools.folder, COLUMNS: '140' },
      cwd: scratch,
      timeoutMs: 240_000,
    },
  );
  if (code !== 0) process.stderr.write(`\n${output}\n`);
  expect(code).toBe(0);
}, 300_000);
