/** What a command may write to which instance, and what it says before. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkSealing, findTarget } from '../../src/cli/target.ts';
import { loadConfig } from '../../src/config.ts';
import type { Environment } from '../../src/config.ts';
import { announceInstance } from '../../src/running.ts';
import { createKeyRing } from '../../src/sealing/index.ts';
import { CALL_ID, run } from './fake-manager.ts';

const KEY = 'a-secret-of-more-than-thirty-two-characters';
const OTHER = 'another-secret-of-more-than-32-characters';
const ADDRESS = '127.0.0.1:7299';
const ACCOUNT = { TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`, TWILIO_PHONE_NUMBER: '+15005550006' };

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'voca-target-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

function startedWith(...secrets: string[]): void {
  const sealingKeyId = createKeyRing(secrets).sealing?.id;
  announceInstance(dataDir, {
    pid: process.pid,
    temporalAddress: ADDRESS,
    namespace: 'default',
    apiUrl: 'http://127.0.0.1:5000',
    accountSid: ACCOUNT.TWILIO_ACCOUNT_SID,
    phoneNumber: ACCOUNT.TWILIO_PHONE_NUMBER,
    ...(sealingKeyId !== undefined && { sealingKeyId }),
  });
}

/** What a command that writes warns of. */
function warningWith(changes: Environment): string | undefined {
  const env = { VOCA_DATA_DIR: dataDir, ...changes };
  const config = loadConfig(env, { role: 'cli' });
  return checkSealing(findTarget(config, env), config, env);
}

describe('to an instance on this machine', () => {
  test('is written with its own first key, or without any as it does', () => {
    startedWith(KEY, OTHER);
    expect(warningWith({ VOCA_SECRET_KEY: `${KEY},${OTHER}` })).toBeUndefined();
    expect(warningWith({ VOCA_SECRET_KEY: KEY })).toBeUndefined();
    startedWith();
    expect(warningWith({})).toBeUndefined();
  });

  test.each<[string, string[], string, RegExp]>([
    ['nothing unsealed', [KEY], '', /VOCA_SECRET_KEY is not set here/],
    ['nothing sealed with another key', [KEY], OTHER, /is not the one that the instance/],
    ['nothing with keys in another order', [KEY, OTHER], `${OTHER},${KEY}`, /is not the one/],
    ['nothing that it could not open', [], KEY, /runs without it/],
  ])('%s is written', (_what, secrets, own, message) => {
    startedWith(...secrets);
    expect(() => warningWith({ VOCA_SECRET_KEY: own })).toThrow(message);
    // Also when the environment names the address of this very instance.
    const named = { ...ACCOUNT, TEMPORAL_ADDRESS: ADDRESS, VOCA_SECRET_KEY: own };
    expect(() => warningWith(named)).toThrow(message);
  });

  test('reading is not refused', () => {
    startedWith(KEY);
    const env = { VOCA_DATA_DIR: dataDir };
    expect(findTarget(loadConfig(env, { role: 'cli' }), env).address).toBe(ADDRESS);
  });
});

describe('to an address out of the environment', () => {
  const named = (address: string, more: Environment = {}) =>
    warningWith({ ...ACCOUNT, TEMPORAL_ADDRESS: address, ...more });

  test('on another machine nothing is written unsealed without a warning', () => {
    expect(named('temporal.example.com:7233')).toMatch(/^WARNING: VOCA_SECRET_KEY is not set/);
    expect(named('temporal.example.com:7233', { VOCA_SECRET_KEY: KEY })).toBeUndefined();
  });

  test('on this machine it is, as instances without a key do', () => {
    for (const host of ['localhost', '127.0.0.1']) expect(named(`${host}:7233`)).toBeUndefined();
  });

  test.each(['temporal.example.com:7233', '127.0.0.1:7233'])(
    'in production nothing is written unsealed to %s',
    (address) => {
      const env = { NODE_ENV: 'production' };
      expect(() => named(address, env)).toThrow('VOCA_SECRET_KEY is missing');
      expect(named(address, { ...env, VOCA_SECRET_KEY: KEY })).toBeUndefined();
    },
  );
});

test('commands that write numbers or words say so, and those that read do not', async () => {
  for (const args of [
    ['call', '+14155550100'],
    ['hangup', CALL_ID, '--say', 'Goodbye.'],
    ['hangup', '--all'],
  ]) {
    expect((await run(args)).uses).toEqual(['write']);
  }
  for (const args of [['calls'], ['status', CALL_ID]])
    expect((await run(args)).uses).toEqual(['read']);
});
