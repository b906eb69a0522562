/** `voca webhooks` against the real API, with real workers that send to a real receiver. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { WebhookReceiver } from '../fakes/webhook-receiver.ts';
import type { ReceivedRequest } from '../fakes/webhook-receiver.ts';
import { eventually } from './support/eventually.ts';
import { Roles } from './support/roles.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
const SLOW = 120_000;

let roles: Roles;
let receiver: WebhookReceiver;
let key = '';
let id = '';
let secret = '';

beforeAll(async () => {
  roles = await Roles.prepare();
  receiver = await WebhookReceiver.start();
  await roles.launch('worker').isReady();
  roles.launch('api');
  await roles.untilReady();
  key = (await roles.voca('keys', 'create', '--mode', 'test')).out.trim();
}, 120_000);
afterAll(async () => {
  await roles?.stop();
  await receiver?.down();
});

async function voca(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], VOCA_API_URL: roles.webhookUrl, VOCA_API_KEY: key },
    cwd: roles.folder,
  });
  const exit = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const [code, out, err] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return { code, out: out.trimEnd(), err: err.trimEnd() };
}

async function jsonOf<T>(...args: string[]): Promise<T> {
  return JSON.parse((await voca(...args, '--json')).out) as T;
}

/** What verifies is returned; else it throws. */
function verified(request: ReceivedRequest | undefined, withSecret: string) {
  if (!request) throw new Error('Nothing was received');
  const headers = request.headers as Record<string, string>;
  return new Webhook(withSecret).verify(request.body, headers) as { type: string; id: string };
}

async function makeAssistants(count: number): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) {
    const args = ['--name', `Number ${nth}`, '--instructions', 'Be kind.'];
    expect((await voca('assistants', 'create', ...args)).code).toBe(0);
  }
}

const deliveriesWith = (status: string) =>
  jsonOf<{ id: string; event_id: string }[]>('webhooks', 'deliveries', id, '--status', status);

describe('voca webhooks', () => {
  test(
    'makes an endpoint that a receiver can trust, and tries it',
    async () => {
      const made = await voca('webhooks', 'create', receiver.url('/a'), '--events', 'assistant.*');
      expect(made.code).toBe(0);
      secret = made.out;
      id = made.err.split(':')[0] ?? '';
      const tried = await voca('webhooks', 'test', id);
      expect([tried.code, tried.out.split('\n')[1]]).toEqual([0, 'succeeded']);
      expect(receiver.received).toHaveLength(1);
      expect(verified(receiver.received[0], secret)).toMatchObject({
        type: 'webhook_endpoint.test',
        data: { webhook_endpoint: { id } },
      });
      expect((await voca('webhooks', 'create', 'https://10.0.0.1/')).code).toBe(2);
    },
    SLOW,
  );

  test(
    'shows what the receiver answered when it does not take one, and sends that again at once',
    async () => {
      receiver.behave = () => ({ status: 500, body: 'Not today.' });
      const tried = await voca('webhooks', 'test', id);
      expect(tried.code).toBe(1);
      expect(tried.out).toMatch(
        /^retrying, tried again at .*\n {2}\S+ {2}500 {2}\d+ ms {2}Not today\.$/m,
      );
      receiver.behave = () => ({ status: 204 });
      const delivery = tried.out.split(' ')[0] ?? '';
      expect((await voca('webhooks', 'retry', delivery)).code).toBe(0);
      await eventually(async () => {
        expect((await voca('webhooks', 'delivery', delivery)).out).toContain('\nsucceeded\n');
      });
      // Also one that has arrived: the same event, to the letter.
      const before = receiver.received.at(-1);
      const count = receiver.received.length;
      await voca('webhooks', 'retry', delivery);
      await eventually(() => expect(receiver.received.length).toBeGreaterThan(count));
      expect(receiver.received.at(-1)).toMatchObject({ id: before?.id, body: before?.body });
    },
    SLOW,
  );

  test(
    'exchanges its secret: for a while the receiver may know either',
    async () => {
      const rolled = await voca('webhooks', 'roll', id, '--overlap', '3600');
      expect(rolled.out).toMatch(/^whsec_/);
      await voca('webhooks', 'test', id);
      const both = receiver.received.at(-1);
      expect(verified(both, secret)).toEqual(verified(both, rolled.out));
      const last = await voca('webhooks', 'roll', id, '--overlap', '0');
      await voca('webhooks', 'test', id);
      const one = receiver.received.at(-1);
      expect(verified(one, last.out).type).toBe('webhook_endpoint.test');
      expect(() => verified(one, rolled.out)).toThrow('No matching signature');
    },
    SLOW,
  );

  test(
    'sends all that was missed while it was disabled, once, and nothing that had arrived',
    async () => {
      await makeAssistants(2);
      await eventually(async () => expect(await deliveriesWith('pending')).toEqual([]));
      const since = new Date(Date.now() - 600_000).toISOString();
      const arrived = new Set(receiver.ids('/a'));
      await voca('webhooks', 'update', id, '--disable');
      await makeAssistants(3);
      expect((await voca('webhooks', 'recover', id, '--since', since)).code).toBe(1);
      await voca('webhooks', 'update', id, '--enable');
      const count = receiver.received.length;
      const recovered = await voca('webhooks', 'recover', id, '--since', since);
      expect([recovered.code, recovered.out]).toEqual([0, '3 deliveries will be sent.']);
      await eventually(() => expect(receiver.received.length).toBeGreaterThanOrEqual(count + 3));
      await eventually(async () => expect(await deliveriesWith('pending')).toEqual([]));
      const missed = receiver.received.slice(count);
      expect(new Set(missed.map((each) => each.id)).size).toBe(3);
      expect(missed.filter((each) => arrived.has(each.id))).toEqual([]);
      const nothing = await voca('webhooks', 'recover', id, '--since', since);
      expect(nothing.out).toBe('0 deliveries will be sent.');
    },
    SLOW,
  );

  test(
    'has what waits sent when the receiver is back, and hears nothing once it is deleted',
    async () => {
      await receiver.down();
      await makeAssistants(2);
      await eventually(async () => expect(await deliveriesWith('retrying')).toHaveLength(2));
      await receiver.up();
      const waiting = await deliveriesWith('retrying');
      const retried = await voca('webhooks', 'retry', ...waiting.map((each) => each.id));
      expect(retried.code).toBe(0);
      await eventually(async () => expect(await deliveriesWith('retrying')).toEqual([]));
      const ids = new Set(receiver.ids('/a'));
      expect(waiting.every((each) => ids.has(each.event_id))).toBe(true);
      expect((await voca('webhooks', 'delete', id)).out).toBe(`${id} is deleted.`);
      expect((await voca('webhooks', 'show', id)).code).toBe(1);
      expect((await voca('webhooks', 'list')).out).toContain('No endpoints');
    },
    SLOW,
  );
});
