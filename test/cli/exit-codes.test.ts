/** What scripts can tell apart, and who is asked with which key. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { newApiKey } from '../../src/api-key.ts';
import { apiAccess } from '../../src/cli/api-access.ts';
import { SignInError } from '../../src/cli/api-errors.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { NotReadyError } from '../../src/call-errors.ts';
import { loadConfig } from '../../src/config.ts';
import type { Environment } from '../../src/config.ts';
import { announceInstance } from '../../src/running.ts';
import { problem, startFakeApi } from './fake-api.ts';
import type { FakeApi, Reply } from './fake-api.ts';

let api: FakeApi | undefined;
const dataDir = mkdtempSync(join(tmpdir(), 'voca-access-'));
afterEach(async () => {
  await api?.close();
  api = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

describe('the exit code', () => {
  test.each<[number, string, Reply]>([
    [0, 'what was found', { body: { id: 'asst_1' } }],
    [1, 'what is not there', problem(404, 'not-found')],
    [1, 'what is in use', problem(409, 'in-use')],
    [1, 'what went wrong at the API', problem(500, 'internal')],
    [2, 'refused input', problem(422, 'invalid')],
    [2, 'a body that cannot be read', problem(400, 'bad-request')],
    [3, 'an API that stays away', { cut: 'before' }],
    [3, 'a database that stays away', problem(503, 'unavailable')],
    [3, 'too many requests', problem(429, 'key-limit')],
    [3, 'a request that stays under way', problem(409, 'request-under-way')],
    [4, 'nobody signed in', problem(401, 'key-missing')],
    [4, 'a key that is not known', problem(401, 'key-unknown')],
    [4, 'a key that may not', problem(403, 'scope-missing')],
    [4, 'a test key at a real carrier', problem(409, 'test-key-needs-simulator')],
  ])('is %d for %s', async (expected, _what, reply) => {
    api = await startFakeApi(() => reply);
    const { code, out, err } = await api.run(['assistants', 'show', 'asst_1', '--json'], {
      patienceMs: 100,
    });
    expect(code).toBe(expected);
    expect(out === '').toBe(expected !== 0);
    expect(err === '').toBe(expected === 0);
  });

  test('is 1 for what nobody foresaw', () => {
    expect(exitCodeOf(new TypeError('oops'))).toBe(1);
  });
});

describe('the key and the address', () => {
  const KEY = newApiKey('live');
  const access = (env: Environment) => {
    const whole = { VOCA_DATA_DIR: dataDir, ...env };
    return apiAccess(loadConfig(whole, { role: 'cli' }), whole);
  };
  const URL_OF = { VOCA_API_URL: 'https://voice.example.com' };

  test('come out of the environment', () => {
    expect(access({ ...URL_OF, VOCA_API_KEY: KEY })).toEqual({
      url: 'https://voice.example.com',
      key: KEY,
    });
    const withPath = { VOCA_API_URL: 'https://example.com/voca/v1/', VOCA_API_KEY: KEY };
    expect(access(withPath).url).toBe('https://example.com/voca');
  });

  test('the address is that of an instance on this machine, if none is given', () => {
    expect(() => access({ VOCA_API_KEY: KEY })).toThrow(NotReadyError);
    announceInstance(dataDir, {
      pid: process.pid,
      temporalAddress: '127.0.0.1:7233',
      namespace: 'default',
      apiUrl: 'http://127.0.0.1:5000',
      accountSid: `AC${'1'.repeat(32)}`,
      phoneNumber: '+15005550006',
    });
    expect(access({ VOCA_API_KEY: KEY })).toEqual({ url: 'http://127.0.0.1:5000', key: KEY });
    expect(access({ ...URL_OF, VOCA_API_KEY: KEY }).url).toBe('https://voice.example.com');
  });

  test('without a key, or with one that is mistyped, nobody is asked', () => {
    expect(() => access(URL_OF)).toThrow(SignInError);
    const mistyped = `${KEY.slice(0, -1)}${KEY.endsWith('0') ? '1' : '0'}`;
    for (const key of [mistyped, 'something-else']) {
      const failure = () => access({ ...URL_OF, VOCA_API_KEY: key });
      expect(failure).toThrow(SignInError);
      expect(failure).not.toThrow(key);
    }
  });

  test('a key goes over a network in the clear only with a warning, and never in production', () => {
    const far = { VOCA_API_URL: 'http://voice.example.com', VOCA_API_KEY: KEY };
    expect(access(far).warning).toMatch(/^WARNING: VOCA_API_URL is not https/);
    expect(() => access({ ...far, NODE_ENV: 'production' })).toThrow('is not https');
    const near = { VOCA_API_URL: 'http://127.0.0.1:5000', VOCA_API_KEY: KEY };
    expect(access({ ...near, NODE_ENV: 'production' })).not.toHaveProperty('warning');
  });
});
