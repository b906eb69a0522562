/**
 * The `voca` command as a process of its own, against the real API: from nothing to the transcript of a
 * call that an assistant of one's own has answered.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { Roles, say } from './support/roles.ts';
import type { RoleProcess } from './support/roles.ts';
import { OUR_NUMBER } from './support/voca.ts';

interface Ran {
  code: number;
  out: string;
  err: string;
}

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
const SLOW = 180_000;
const CALLEE = '+14155550177';

let roles: Roles;
let api: RoleProcess;
let key = '';
let assistant = '';
const running: Promise<Ran>[] = [];

beforeAll(async () => {
  roles = await Roles.prepare();
  roles.model.always(({ messages = [] }) => {
    const words = messages.findLast(({ role }) => role === 'user')?.content ?? '';
    const isSummary = words.includes('Write the notes now');
    return { kind: 'answer', text: isSummary ? 'Notes.' : `You said: ${words}` };
  });
  await roles.launch('worker').isReady();
  api = roles.launch('api');
  await roles.untilReady();
}, 120_000);
afterAll(async () => {
  await roles?.stop();
  await Promise.all(running);
});

/**
 * Knows nothing but the address and the key, as on a machine far away.
 * @param told of all that it has written so far, whenever there is more
 */
function voca(args: string[], input?: string, told?: (out: string) => void): Promise<Ran> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH, VOCA_API_URL: roles.webhookUrl, ...(key !== '' && { VOCA_API_KEY: key }) },
    cwd: roles.folder,
  });
  child.stdin.end(input ?? '');
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
    told?.(out);
  });
  const exit = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const ran = Promise.all([exit, text(child.stderr)]).then(([code, err]) => ({
    code,
    out: out.trimEnd(),
    err: err.trimEnd(),
  }));
  running.push(ran);
  return ran;
}

async function jsonOf<T>(args: string[], input?: string): Promise<T> {
  const { code, out, err } = await voca([...args, '--json'], input);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as T;
}

describe('voca over the API', () => {
  test(
    'is let in by a key that was made on the machine, and not without',
    async () => {
      const stranger = await voca(['assistants', 'list']);
      expect([stranger.code, stranger.out]).toEqual([4, '']);
      const made = await roles.voca('keys', 'create', '--mode', 'test');
      expect(made.code).toBe(0);
      key = made.out.trim();
      const [listed] = await jsonOf<{ name: string; mode: string }[]>(['keys', 'list']);
      expect(listed).toMatchObject({ name: 'made on the machine', mode: 'test' });
    },
    SLOW,
  );

  test(
    'makes keys with fewer rights, rolls and revokes them',
    async () => {
      const own = key;
      const scopes = ['--scopes', 'assistants:read', '--mode', 'test'];
      const made = await jsonOf<{ id: string; key: string }>([
        'keys',
        'create',
        '--remote',
        ...scopes,
      ]);
      const rolled = await jsonOf<{ id: string; key: string }>([
        ...['keys', 'roll', made.id, '--overlap', '0'],
      ]);
      key = rolled.key;
      expect((await voca(['assistants', 'list'])).code).toBe(0);
      const refused = await voca(['numbers', 'list']);
      expect([refused.code, refused.out]).toEqual([4, '']);
      expect(refused.err).toContain('phone_numbers:read');
      key = own;
      expect((await voca(['keys', 'revoke', rolled.id])).code).toBe(0);
      const { status } = await jsonOf<{ status: string }>(['keys', 'show', rolled.id]);
      expect(status).toBe('revoked');
    },
    SLOW,
  );

  test(
    'makes, changes and shows an assistant',
    async () => {
      const file = JSON.stringify({ name: 'Front desk', instructions: 'Be kind.' });
      const said = ['--first-message', 'Hello {{who}}.', '--set', 'variables.who=you'];
      const made = await jsonOf<{ id: string; version: number }>(
        ['assistants', 'create', '--file', '-', ...said],
        file,
      );
      assistant = made.id;
      const changed = await jsonOf<{ version: number; limits: { max_turns: number } }>([
        ...['assistants', 'update', assistant, '--set', 'limits.max_turns=40'],
      ]);
      expect(changed).toMatchObject({ version: 2, limits: { max_turns: 40 } });
      const late = await voca([
        ...['assistants', 'update', assistant, '--name', 'Late', '--if-version', '1'],
      ]);
      expect(late.code).toBe(1);
      const bad = await voca(['assistants', 'update', assistant, '--set', 'limits.max_turns=-1']);
      expect(bad.code).toBe(2);
      expect(bad.err).toContain('/limits/max_turns');
      const shown = await voca(['assistants', 'show', assistant, '--version', '1']);
      expect(shown.out).toMatch(/^limits\.max_turns +100$/m);
      // What `show` prints can be edited and sent back.
      const { out } = await voca(['assistants', 'show', assistant, '--json']);
      const edited = out.replace('"Front desk"', '"Reception"');
      const renamed = await jsonOf<{ name: string }>(
        ['assistants', 'update', assistant, '--file', '-'],
        edited,
      );
      expect(renamed).toMatchObject({ name: 'Reception', version: 3, variables: { who: 'you' } });
    },
    SLOW,
  );

  test(
    'routes the number to it; an assistant in use is not deleted',
    async () => {
      expect((await voca(['numbers', 'check', OUR_NUMBER])).code).toBe(0);
      const routed = await voca(['numbers', 'route', OUR_NUMBER, assistant]);
      expect(routed.out).toBe(`${OUR_NUMBER} is answered by ${assistant}.`);
      const refused = await voca(['assistants', 'delete', assistant]);
      expect(refused.code).toBe(1);
      expect(refused.err).toContain('in-use');
    },
    SLOW,
  );

  test(
    'watches a call to its end while the api is killed and comes back',
    async () => {
      const phone = roles.dial();
      const id = roles.callIdOf(phone);
      await phone.hearsMatching(/^Hello you\.$/);
      let seen = '';
      const watching = voca(['calls', 'watch', id], undefined, (out) => (seen = out));
      await eventually(async () => expect(seen).toContain('Hello you.'), { withinMs: 30_000 });
      await phone.waitUntilListening({ timeoutMs: 30_000 });
      await say(phone, 'a table for two', /You said: a table for two/);
      await api.kill();
      api = roles.launch('api');
      await roles.untilReady();
      await say(phone, 'at seven', /You said: at seven/);
      const ended = await voca(['calls', 'end', id]);
      expect(ended).toEqual({ code: 0, out: `${id} is ended.`, err: '' });
      const watched = await watching;
      const complaints = watched.err.replace(/^The API is (away; .*|back\.)$\n?/gm, '');
      expect([watched.code, complaints]).toEqual([0, '']);
      // The summary is told when it is there before the connection is over.
      const besides = /silence|still there|^Summary: /i;
      expect(watched.out.split('\n').filter((line) => !besides.test(line))).toEqual([
        '-- created',
        '-- answered',
        '  assistant  Hello you.',
        '  caller     a table for two',
        '  assistant  You said: a table for two',
        '  caller     at seven',
        '  assistant  You said: at seven',
        '-- ended (operator)',
      ]);
      await eventually(
        async () => {
          const shown = await voca(['calls', 'show', id]);
          expect(shown.out).toMatch(/ended \(operator\)/);
          expect(shown.out).toContain('\n  caller     at seven\n  assistant  You said: at seven\n');
          expect(shown.out).toContain('Summary: Notes.');
        },
        { withinMs: 60_000, everyMs: 500 },
      );
      const [listed] = await jsonOf<{ id: string }[]>([
        ...['calls', 'list', '--assistant', assistant, '--status', 'ended'],
      ]);
      expect(listed?.id).toBe(id);
    },
    SLOW,
  );

  test(
    'places a call once, however often it is repeated with its key',
    async () => {
      const called = roles.nextCalled();
      const args = ['calls', 'create', CALLEE, '--assistant', assistant, '--var', 'who=Ada'];
      const first = await jsonOf<{ id: string }>([...args, '--idempotency-key', 'order-17']);
      const phone = await called;
      await phone.hearsMatching(/^Hello Ada\.$/);
      const again = await jsonOf<{ id: string }>([...args, '--idempotency-key', 'order-17']);
      expect(again.id).toBe(first.id);
      const calls = await jsonOf<{ id: string }[]>(['calls', 'list', '--to', CALLEE, '--all']);
      expect(calls.map(({ id }) => id)).toEqual([first.id]);
      phone.hangUp();
      expect((await voca(['calls', 'watch', first.id])).out).toContain('-- ended');
      expect((await voca(['calls', 'create', '+1900555010'])).code).toBe(2);
    },
    SLOW,
  );

  test(
    'closes a session',
    async () => {
      const sessions = await jsonOf<{ id: string }[]>([
        ...['sessions', 'list', '--assistant', assistant, '--customer', CALLEE],
      ]);
      expect(sessions).toHaveLength(1);
      const id = sessions[0]?.id ?? '';
      expect((await voca(['sessions', 'close', id])).out).toBe(`${id} is closed.`);
      expect(await jsonOf(['sessions', 'show', id])).toMatchObject({ status: 'closed' });
    },
    SLOW,
  );
});
