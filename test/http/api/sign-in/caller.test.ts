import { describe, expect, test } from '@jest/globals';
import fastify from 'fastify';
import { newApiKey } from '../../../../src/api-key.ts';
import type { KeyFace } from '../../../../src/api-key.ts';
import { callerOf, hasScope, signIn } from '../../../../src/http/api/sign-in/caller.ts';
import type { Caller, KeyWatch } from '../../../../src/http/api/sign-in/caller.ts';
import { refuseWithProblems } from '../../../../src/http/api/frame/refuse.ts';
import { createLogger } from '../../../../src/log.ts';

const KEY = newApiKey('live');
const CALLER: Caller = {
  keyId: 'key_1',
  workspaceId: 'ws_1',
  mode: 'live',
  scopes: ['calls:read'],
};

function build(
  options: {
    caller?: Caller | undefined;
    simulated?: boolean;
    watch?: KeyWatch;
    fails?: boolean;
  } = {},
) {
  const { caller = CALLER, simulated = false, watch } = options;
  const app = fastify();
  const asked: KeyFace[] = [];
  refuseWithProblems(
    app,
    'https://voice.example.com',
    createLogger({ level: 'silent', role: 'api' }),
  );
  app.decorateRequest('caller', null);
  const find = async (face: KeyFace) => {
    asked.push(face);
    if (options.fails) throw new Error('away');
    return 'caller' in options ? options.caller : caller;
  };
  app.addHook('onRequest', signIn(find, simulated, watch));
  let bodies = 0;
  app.addHook('preParsing', async (_request, _reply, payload) => {
    bodies += 1;
    return payload;
  });
  app.post('/', { config: { scope: 'calls:read' } }, async (request) => callerOf(request));
  app.post('/write', { config: { scope: 'calls:write' } }, async () => 'written');
  const ask = async (authorization?: string, url = '/') => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await app.inject({ method: 'POST', url, headers, payload: { a: 1 } });
    return { ...answer, status: answer.statusCode, code: answer.json<{ code?: string }>().code };
  };
  return { ask, asked, bodies: () => bodies };
}

describe('signing in', () => {
  test('tells whose key it is', async () => {
    const { ask } = build();
    const answer = await ask(`Bearer ${KEY}`);
    expect(JSON.parse(answer.payload)).toEqual(CALLER);
    expect((await ask(`bearer   ${KEY}`)).status).toBe(200);
  });

  test('asks the database nothing for what can be no key, and reads no body of a stranger', async () => {
    const { ask, asked, bodies } = build();
    const typo = KEY.slice(0, -1) + (KEY.endsWith('0') ? '1' : '0');
    for (const text of [typo, 'voca_live_short', 'x'.repeat(200), KEY.toLowerCase()]) {
      const refused = await ask(`Bearer ${text}`);
      expect([refused.status, refused.code]).toEqual([401, 'key-unknown']);
      expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    }
    for (const header of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      `Basic ${KEY}`,
      KEY,
      `Bearer ${KEY} x`,
    ]) {
      const refused = await ask(header);
      expect([refused.status, refused.code]).toEqual([401, 'key-missing']);
      expect(refused.headers['www-authenticate']).toBe('Bearer');
    }
    expect([asked.length, bodies()]).toEqual([0, 0]);
  });

  test('refuses a key that nobody has', async () => {
    const { ask, bodies } = build({ caller: undefined });
    expect(await ask(`Bearer ${KEY}`)).toMatchObject({ status: 401, code: 'key-unknown' });
    expect(bodies()).toBe(0);
  });

  test('refuses what the key may not do, and names the right', async () => {
    const { ask, bodies } = build();
    const refused = await ask(`Bearer ${KEY}`, '/write');
    expect(refused).toMatchObject({ status: 403, code: 'scope-missing' });
    expect(refused.json<{ detail: string }>().detail).toContain('calls:write');
    expect(bodies()).toBe(0);
  });

  test('takes a test key where the carrier is simulated, and nowhere else', async () => {
    const caller: Caller = { ...CALLER, mode: 'test' };
    const refused = await build({ caller }).ask(`Bearer ${KEY}`);
    expect(refused).toMatchObject({ status: 409, code: 'test-key-needs-simulator' });
    expect((await build({ caller, simulated: true }).ask(`Bearer ${KEY}`)).status).toBe(200);
  });

  test('tells who watches of good and bad keys, and sends away whom that one does not want', async () => {
    const seen: string[] = [];
    let waitMs = 0;
    const watch: KeyWatch = {
      waitMs: (_request, face) => (face ? 0 : waitMs),
      wasGood: (_request, _face, { keyId }) => void seen.push(`good ${keyId}`),
      wasUnclear: () => void seen.push('unclear'),
      wasBad: (_request, face) => void seen.push(face ? 'unknown' : 'no key'),
    };
    await build({ watch }).ask(`Bearer ${KEY}`);
    await build({ watch, caller: undefined }).ask(`Bearer ${KEY}`);
    await build({ watch, fails: true }).ask(`Bearer ${KEY}`);
    const { ask } = build({ watch });
    await ask('Bearer nonsense');
    expect(seen).toEqual(['good key_1', 'unknown', 'unclear', 'no key']);
    waitMs = 1_500;
    const refused = await ask('Bearer nonsense');
    expect(refused).toMatchObject({ status: 429, code: 'key-limit' });
    expect(refused.headers['retry-after']).toBe('2');
    expect(seen).toHaveLength(4);
  });
});

describe('admin', () => {
  test('includes all other rights, and no other right does', () => {
    expect(hasScope({ scopes: ['admin'] }, 'calls:write')).toBe(true);
    expect(hasScope({ scopes: ['calls:write'] }, 'calls:read')).toBe(false);
    expect(hasScope({ scopes: ['calls:write'] }, 'admin')).toBe(false);
  });
});
