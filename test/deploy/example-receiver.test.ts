/** The receiver that the README shows: it is the example, and believes only what is signed. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newWebhookSecret, signWebhook } from '../../src/webhooks/signature.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLE = join(ROOT, 'examples', 'receive-events.mjs');
const SECRET = newWebhookSecret();
const BODY = JSON.stringify({ type: 'call.ended', sequence: 7, data: { call: { id: 'call_ü' } } });

let receiver: ChildProcess;
let url: string;
let said = '';

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/hook`;
  receiver = spawn(process.execPath, [EXAMPLE], {
    env: { PATH: process.env['PATH'], PORT: String(port), WEBHOOK_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  receiver.stdout?.on('data', (part) => (said += String(part)));
  while ((await fetch(url, { method: 'POST' }).catch(() => undefined)) === undefined) {
    await delay(50);
  }
});
afterAll(() => {
  receiver.kill();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const send = async (headers: Record<string, string>, body = BODY) =>
  (await fetch(url, { method: 'POST', headers, body })).status;

test('the README shows the example as it is', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(readme).toContain(`\`\`\`js\n${readFileSync(EXAMPLE, 'utf8')}\`\`\`\n`);
});

test('it takes what is signed with its secret, and nothing else', async () => {
  const signed = signWebhook([SECRET], 'evt_1', new Date(), BODY);
  expect(await send(signed)).toBe(204);
  while (said === '') await delay(10); // it comes through a pipe
  expect(said).toBe('call.ended 7 call_ü\n');
  expect(await send(signed, BODY.replace('7', '8'))).toBe(400);
  expect(await send(signWebhook([newWebhookSecret()], 'evt_1', new Date(), BODY))).toBe(400);
  expect(await send({})).toBe(400);
  expect(said).toBe('call.ended 7 call_ü\n');
});
