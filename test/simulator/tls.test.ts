import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import twilio from 'twilio';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { AUTH_TOKEN, startBench } from './bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'tls-'));
const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
const REQUEST =
  '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost';
const made = spawnSync('openssl', [
  'req',
  ...REQUEST.split(' '),
  ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', keyPath, '-out', certPath],
]);
if (made.status !== 0) console.warn('openssl is not there: the TLS tests do NOT run');

(made.status === 0 ? describe : describe.skip)('a webhook over https', () => {
  let port = 0;
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/xml').end('<Response><Say>sealed</Say></Response>');
  });
  beforeAll(async () => {
    server.setSecureContext({ key: readFileSync(keyPath), cert: readFileSync(certPath) });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['localhost', true, undefined],
    ['localhost', false, 11237],
    ['127.0.0.1', true, 11235],
  ])('to %s with its authority trusted: %p fails with %p', async (host, trusted, code) => {
    const bench = await startBench(
      {},
      {
        number: { voiceUrl: `https://${host}:${port}/` },
        ...(trusted ? { webhookCa: readFileSync(certPath, 'utf8') } : {}),
      },
    );
    const phone = bench.call();
    await phone.ended;
    expect(bench.sim.log.of('error')[0]?.code).toBe(code);
    expect(phone.heardApplicationError).toBe(code !== undefined);
    await bench.close();
  });

  test.each([
    [true, []],
    [false, [31910]],
  ])('carries a stream over wss; with its authority trusted: %p', async (trusted, codes) => {
    const streams = new WebSocketServer({ server });
    const signed: unknown[] = [];
    streams.on('connection', (socket, { headers, url }) => {
      signed.push(headers['x-twilio-signature'], url);
      socket.close();
    });
    const url = `wss://localhost:${port}/media`;
    const bench = await startBench(
      { '/voice': `<Connect><Stream url="${url}?q=1"/></Connect><Say>next</Say>` },
      trusted ? { webhookCa: readFileSync(certPath, 'utf8') } : {},
    );
    await bench.call().hearsMatching(/next/);
    expect(bench.sim.log.of('error').map(({ code }) => code)).toEqual(codes);
    const signature = String(signed[0]);
    expect(twilio.validateRequest(AUTH_TOKEN, signature, url, {})).toBe(trusted);
    expect(signed[1]).toBe(trusted ? '/media' : undefined);
    await bench.close();
    await new Promise<void>((resolve) => streams.close(() => resolve()));
  });
});
