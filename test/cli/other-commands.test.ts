/** `voca keys`, `numbers` and `sessions` over the API. */
import { describe, expect, test } from '@jest/globals';
import { fakeApiOfEachTest, listOf, problem } from './fake-api.ts';
import type { Answering } from './fake-api.ts';

const answering = fakeApiOfEachTest();

const KEY = {
  id: 'key_1',
  object: 'api_key',
  name: 'Robot',
  mode: 'live',
  status: 'active',
  last_four: 'aB3d',
  last_used_at: null,
  expires_at: null,
};

describe('voca keys', () => {
  test('list and show have no key in them', async () => {
    const { run } = await answering(({ path }) =>
      path.includes('?') ? listOf([KEY]) : { body: KEY },
    );
    const { code, out } = await run(['keys', 'list']);
    expect(code).toBe(0);
    expect(out.split('\n')[1]?.split(/ {2,}/)).toEqual([
      ...['key_1', 'Robot', 'live', '…aB3d', 'active', '-', '-'],
    ]);
    expect((await run(['keys', 'show', 'key_1'])).out).toMatch(/^last_four +aB3d$/m);
  });

  test('revoke ends each', async () => {
    const { run, log } = await answering(() => ({ status: 204 }));
    const { code, out } = await run(['keys', 'revoke', 'key_1', 'key_2']);
    expect([code, out]).toEqual([0, 'key_1 is revoked.\nkey_2 is revoked.']);
    expect(log()).toEqual(['DELETE /api-keys/key_1', 'DELETE /api-keys/key_2']);
  });

  test('create --remote makes one over the API, with no more rights than asked', async () => {
    const fresh = { ...KEY, key: 'voca_test_new' };
    const { run, asked } = await answering(() => ({ status: 201, body: fresh }));
    const args = ['--name', 'Robot', '--mode', 'test', '--scopes', 'calls:read,calls:write'];
    const { code, out } = await run(['keys', 'create', '--remote', ...args]);
    expect([code, out]).toEqual([0, 'voca_test_new']);
    expect(asked[0]?.body).toEqual({
      name: 'Robot',
      mode: 'test',
      scopes: ['calls:read', 'calls:write'],
    });
    await run(['keys', 'create', '--remote', '--expires-in-days', '30']);
    const expires = (asked[1]?.body as { expires_at: string } | undefined)?.expires_at ?? '';
    const days = (Date.parse(expires) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
    const elsewhere = await run(['keys', 'create', '--remote', '--workspace', 'ws_1']);
    expect([elsewhere.code, asked.length]).toEqual([2, 2]);
  });

  test('roll prints the new key alone, so that a script can take it', async () => {
    const fresh = { ...KEY, id: 'key_2', key: 'voca_live_new' };
    const { run, asked } = await answering(() => ({ status: 201, body: fresh }));
    const { code, out, err } = await run(['keys', 'roll', 'key_1', '--overlap', '3600']);
    expect([code, out]).toEqual([0, 'voca_live_new']);
    expect(err).toContain('shown this once');
    expect(err).not.toContain('voca_live_new');
    expect(asked[0]).toMatchObject({
      method: 'POST',
      path: '/api-keys/key_1/roll',
      body: { overlap_seconds: 3600 },
    });
    const whole = await run(['keys', 'roll', 'key_1', '--json']);
    expect([JSON.parse(whole.out), whole.err]).toEqual([fresh, '']);
  });
});

const NUMBER = {
  id: 'pn_1',
  object: 'phone_number',
  number: '+15005550006',
  label: null,
  assistant_id: 'asst_1',
  provider: { number_sid: 'PN1' },
  webhook: { status: 'ok', checked_at: '2026-03-01T12:00:00.000Z', differences: [] },
};
const ELSEWHERE = {
  ...NUMBER,
  webhook: {
    ...NUMBER.webhook,
    status: 'differs',
    differences: [
      { setting: 'voice_url', expected: 'https://voice.example.com/v', found: 'https://old/' },
      { setting: 'trunk_sid', expected: '', found: 'TK1' },
    ],
  },
};

describe('voca numbers', () => {
  const known: Answering = ({ method, path }) => {
    if (path.startsWith('/phone-numbers?')) {
      return listOf(path.includes('%2B15005550006') || !path.includes('number=') ? [NUMBER] : []);
    }
    return method === 'DELETE' ? { status: 204 } : { body: NUMBER };
  };

  test('list is a table', async () => {
    const { run } = await answering(known);
    expect((await run(['numbers', 'list'])).out.split('\n')[1]?.split(/ {2,}/)).toEqual([
      ...['pn_1', '+15005550006', 'asst_1', '-', 'ok'],
    ]);
  });

  test('are named by their id, or in E.164 form', async () => {
    const { run, log } = await answering(known);
    await run(['numbers', 'show', 'pn_1']);
    expect(log()).toEqual(['GET /phone-numbers/pn_1']);
    await run(['numbers', 'show', '+15005550006']);
    expect(log().slice(1)).toEqual([
      'GET /phone-numbers?number=%2B15005550006&limit=1',
      'GET /phone-numbers/pn_1',
    ]);
    const { code, out } = await run(['numbers', 'show', '+15005550009']);
    expect([code, out]).toEqual([1, '']);
  });

  test('are routed to an assistant or to nobody', async () => {
    const { run, asked } = await answering(known);
    const { out } = await run(['numbers', 'route', '+15005550006', 'asst_1']);
    expect(out).toBe('+15005550006 is answered by asst_1.');
    await run(['numbers', 'route', 'pn_1', 'none']);
    expect(asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
      { assistant_id: 'asst_1' },
      { assistant_id: null },
    ]);
  });

  test('are imported, and brought here unless told otherwise', async () => {
    const { run, asked } = await answering(() => ({ status: 201, body: NUMBER }));
    const args = ['--assistant', 'asst_1', '--label', 'Front desk'];
    const { code, out } = await run(['numbers', 'import', '+15005550006', ...args]);
    expect([code, out]).toEqual([0, 'pn_1  +15005550006  answered by asst_1; its calls come here']);
    await run(['numbers', 'import', '+15005550006', '--no-configure']);
    expect(asked.map(({ body }) => body)).toEqual([
      { number: '+15005550006', assistant_id: 'asst_1', label: 'Front desk', configure: true },
      { number: '+15005550006', configure: false },
    ]);
  });

  test('check fails when calls do not come here, and says why', async () => {
    const { run, log } = await answering(() => ({ body: ELSEWHERE }));
    const { code, out } = await run(['numbers', 'check', 'pn_1']);
    expect(code).toBe(1);
    expect(out.split('\n').slice(1)).toEqual([
      'voice_url is https://old/ and should be https://voice.example.com/v.',
      'trunk_sid is TK1 and should not be set.',
    ]);
    expect(log()).toEqual(['POST /phone-numbers/pn_1/check']);
    const { code: imported } = await run(['numbers', 'import', '+15005550006', '--no-configure']);
    expect(imported).toBe(0);
  });

  test('that can be imported are listed', async () => {
    const row = { number: '+15005550007', label: 'Old', leads_here: false };
    const { run, log } = await answering(() => listOf([row]));
    expect((await run(['numbers', 'importable'])).out.split('\n')[1]?.split(/ {2,}/)).toEqual([
      ...['+15005550007', 'Old', 'no'],
    ]);
    expect(log()).toEqual(['GET /phone-numbers/importable?limit=20']);
  });

  test('are given up, with what is set at Twilio if wanted', async () => {
    const { run, log } = await answering(known);
    await run(['numbers', 'delete', 'pn_1']);
    await run(['numbers', 'delete', '+15005550006', '--release-webhook']);
    expect(log().filter((line) => line.startsWith('DELETE'))).toEqual([
      'DELETE /phone-numbers/pn_1',
      'DELETE /phone-numbers/pn_1?release_webhook=true',
    ]);
  });
});

describe('voca sessions', () => {
  const SESSION = {
    id: 'sess_1',
    object: 'session',
    status: 'open',
    assistant_id: 'asst_1',
    customer_number: null,
    summary: 'A table was booked.',
    call_count: 2,
    last_active_at: '2026-03-01T12:00:00.000Z',
  };

  test('are listed by whom they are with', async () => {
    const { run, log } = await answering(() => listOf([SESSION]));
    const args = ['--customer', '+14155550100', '--status', 'open', '--assistant', 'asst_1'];
    const { out } = await run(['sessions', 'list', ...args]);
    expect(out.split('\n')[1]?.split(/ {2,}/)).toEqual([
      ...['sess_1', 'open', '-', 'asst_1', '2', SESSION.last_active_at],
    ]);
    expect(log()).toEqual([
      'GET /sessions?assistant_id=asst_1&customer_number=%2B14155550100&status=open&limit=20',
    ]);
  });

  test('are shown with their summary', async () => {
    const { run } = await answering(() => ({ body: SESSION }));
    expect((await run(['sessions', 'show', 'sess_1'])).out).toMatch(
      /^summary +A table was booked\.$/m,
    );
  });

  test('are closed, hidden and erased', async () => {
    const { run, log } = await answering(({ method }) =>
      method === 'DELETE' ? { status: 204 } : { body: SESSION },
    );
    for (const act of ['close', 'delete', 'erase']) {
      expect((await run(['sessions', act, 'sess_1', 'sess_2'])).code).toBe(0);
    }
    expect(log().filter((line) => line.endsWith('1') || line.includes('1/'))).toEqual([
      'POST /sessions/sess_1/close',
      'DELETE /sessions/sess_1',
      'POST /sessions/sess_1/erase',
    ]);
  });

  test('that are not there fail', async () => {
    const { run } = await answering(() => problem(404, 'not-found'));
    expect((await run(['sessions', 'close', 'sess_9'])).code).toBe(1);
  });
});

test('every command has help with its options, and what it is', async () => {
  const { run, asked } = await answering(() => ({ body: {} }));
  for (const [group, commands] of Object.entries({
    keys: ['list', 'show', 'revoke', 'roll'],
    assistants: ['list', 'show', 'create', 'update', 'delete'],
    numbers: ['list', 'show', 'importable', 'import', 'route', 'check', 'configure', 'delete'],
    calls: ['list', 'show', 'watch', 'end', 'create', 'erase', 'delete'],
    sessions: ['list', 'show', 'close', 'erase', 'delete'],
    events: ['list', 'listen'],
    webhooks: [
      ...['list', 'show', 'create', 'update', 'roll', 'delete', 'test', 'recover'],
      ...['deliveries', 'delivery', 'retry'],
    ],
  })) {
    const { code, out } = await run([group, '--help']);
    expect(code).toBe(0);
    for (const command of commands) {
      expect(out).toMatch(new RegExp(`^ {2}${command} `, 'm'));
      const help = await run([group, command, '--help']);
      expect([help.code, help.err]).toEqual([0, '']);
      expect(help.out).toContain(`Usage: voca ${group} ${command}`);
      expect(help.out).toContain('--json');
    }
  }
  expect(asked).toEqual([]);
});
