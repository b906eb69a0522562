import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CallRequestError, NotReadyError } from '../../src/call-manager.ts';
import type { SealingIo } from '../../src/cli/sealing-commands.ts';
import { runCli } from '../../src/cli/program.ts';
import { loadConfig } from '../../src/config.ts';
import type { Environment } from '../../src/config.ts';
import type { EraseResult } from '../../src/erase-call.ts';
import { operatorAccess } from '../../src/operator-access.ts';
import { announceInstance, withdrawInstance } from '../../src/running.ts';
import { createOperatorTokens } from '../../src/sealing/index.ts';
import { CALL_ID, NO_API } from './fake-manager.ts';

const SECRET = 'a-secret-of-more-than-thirty-two-characters';

async function run(args: string[], io: Partial<SealingIo>) {
  const out: string[] = [];
  const err: string[] = [];
  const nobody = () => Promise.reject(new Error('nobody is needed'));
  const code = await runCli(args, {
    out: (text) => void out.push(text),
    error: (text) => void err.push(text),
    manager: nobody,
    operations: nobody,
    erase: nobody,
    operatorAccess: () => {
      throw new Error('nobody is let in');
    },
    ...NO_API,
    ...io,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('voca erase', () => {
  const erasing = (result: EraseResult['result']) => ({
    erase: async (callId: string): Promise<EraseResult> => ({ callId, result }),
  });

  test.each([
    ['erased', 0, `${CALL_ID} is erased.`, ''],
    ['open', 1, '', `The call is not over. End it first: voca hangup ${CALL_ID}`],
    ['unknown', 1, '', 'There is no such call, or not any more.'],
  ] as const)('tells when a call is %s', async (result, code, out, err) => {
    expect(await run(['erase', CALL_ID], erasing(result))).toEqual({ code, out, err });
  });

  test('prints JSON for programs, and fails all the same', async () => {
    const { code, out } = await run(['erase', CALL_ID, '--json'], erasing('open'));
    expect([code, JSON.parse(out)]).toEqual([1, { callId: CALL_ID, result: 'open' }]);
  });

  test('is wrong use without a call, and not ready without Temporal', async () => {
    expect((await run(['erase'], erasing('erased'))).code).toBe(2);
    const wrong = { erase: () => Promise.reject(new CallRequestError('not an id')) };
    expect(await run(['erase', 'x'], wrong)).toEqual({ code: 2, out: '', err: 'not an id' });
    const away = { erase: () => Promise.reject(new NotReadyError('Temporal does not answer.')) };
    expect((await run(['erase', CALL_ID], away)).code).toBe(3);
  });
});

describe('voca operator-link', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'voca-operator-'));
  beforeAll(() =>
    announceInstance(dataDir, {
      pid: process.pid,
      temporalAddress: '127.0.0.1:7233',
      namespace: 'default',
      temporalUiUrl: 'http://127.0.0.1:8233',
      apiUrl: 'http://127.0.0.1:5000',
      accountSid: `AC${'1'.repeat(32)}`,
      phoneNumber: '+15005550006',
    }),
  );
  afterAll(() => {
    withdrawInstance(dataDir);
    rmSync(dataDir, { recursive: true });
  });

  const tokens = createOperatorTokens([SECRET]);
  const link = (args: string[], changes: Environment = {}) => {
    const env = { VOCA_DATA_DIR: dataDir, VOCA_SECRET_KEY: SECRET, ...changes };
    const config = loadConfig(env, { role: 'cli' });
    return run(['operator-link', ...args], {
      operatorAccess: (url) => operatorAccess(config, env, url),
    });
  };

  test('prints a link to the api of this machine, which ends soon', async () => {
    const { code, out } = await link([]);
    const [, base, token = ''] = /^(\S+)#(\S+)\n/.exec(out) ?? [];
    expect([code, base]).toEqual([0, 'http://127.0.0.1:5000/operator/sign-in']);
    expect(tokens.check('link', token)).toBeDefined();
    expect(out).toContain('Good for 10 minutes.');
    expect(out).toContain('http://127.0.0.1:5000/codec, with credentials');
    expect(out).not.toContain(SECRET);
  });

  test('prints a token for programs, and nothing else', async () => {
    const { out } = await link(['--token']);
    expect(tokens.check('bearer', out)).toBeDefined();
  });

  test('takes the address that it is told, else the public one', async () => {
    const told = await link(['--url', 'https://voice.example.com/voca/']);
    expect(told.out).toMatch(/^https:\/\/voice\.example\.com\/voca\/operator\/sign-in#/);
    const elsewhere = await link([], {
      VOCA_DATA_DIR: join(dataDir, 'none'),
      TWILIO_WEBHOOK_URL: 'https://public.example.com',
    });
    expect(elsewhere.out).toMatch(/^https:\/\/public\.example\.com\/operator\/sign-in#/);
  });

  test.each<[string, string[], Environment, RegExp]>([
    ['without a key', [], { VOCA_SECRET_KEY: '' }, /VOCA_SECRET_KEY is not set here/],
    ['with an address that is none', ['--url', 'voice.example.com'], {}, /Give the address/],
    ['without any address', [], { VOCA_DATA_DIR: '/nowhere' }, /Give the address/],
  ])('is wrong use %s', async (_what, args, env, message) => {
    const { code, out, err } = await link(args, env);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });
});
