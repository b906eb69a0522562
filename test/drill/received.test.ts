/** What a drill's receiver of webhooks does with them, and how its log is read. */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '../../src/demo/free-port.ts';
import { parseReceived, readReceived } from '../../src/drill/receiver/received.ts';
import { OK } from '../../src/drill/receiver/receiver-order.ts';
import { ReceiverServer } from '../../src/drill/receiver/receiver-server.ts';
import { checkSignature } from '../../src/drill/receiver/signature-check.ts';

// The example of the specification of Standard Webhooks 1.0, as its libraries test themselves.
const SPEC = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const SPEC_MS = 1_614_265_330_000;

describe('signatures', () => {
  const check = (changes: Partial<typeof SPEC> = {}, nowMs = SPEC_MS) =>
    checkSignature([changes.secret ?? SPEC.secret], { ...SPEC, ...changes }, nowMs);

  test('are checked as the specification says', () => {
    expect(check()).toBe('valid');
    expect(check({ signature: `v1,AAAA ${SPEC.signature}` })).toBe('valid');
    expect(checkSignature(['whsec_b3RoZXI=', SPEC.secret], SPEC, SPEC_MS)).toBe('valid');
  });

  test('of other words, another id, another time, with another secret or of another kind are none', () => {
    expect(check({ body: '{"test":2432232314}' })).toBe('invalid');
    expect(check({ id: 'msg_other' })).toBe('invalid');
    expect(check({ timestamp: '1614265331' })).toBe('invalid');
    expect(check({ secret: 'whsec_b3RoZXI=' })).toBe('invalid');
    expect(check({ signature: SPEC.signature.replace('v1,', 'v1a,') })).toBe('invalid');
    expect(check({ signature: '' })).toBe('missing');
    expect(check({ id: '' })).toBe('missing');
  });

  test('are worth nothing after five minutes', () => {
    expect(check({}, SPEC_MS + 299_000)).toBe('valid');
    expect(check({}, SPEC_MS + 301_000)).toBe('too-old');
  });
});

describe('the log', () => {
  test('is read with the answers that came later, and without what a killed one has not finished', () => {
    const like = { atMs: 1, path: '/a', id: 'evt_1', signature: 'valid' as const, body: '{}' };
    const lines = [
      { ...like, n: '1-1', answer: null },
      { ...like, n: '1-2', answer: 500 },
      { n: '1-1', answer: 200 },
    ];
    const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"n":"1-3","atMs":`;
    expect(parseReceived(text).map(({ n, answer }) => [n, answer])).toEqual([
      ['1-1', 200],
      ['1-2', 500],
    ]);
  });
});

describe('the receiver', () => {
  let folder: string;
  let logFile: string;
  let port: number;
  let receiver: ReceiverServer;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'voca-receiver-'));
    logFile = join(folder, 'receiver.jsonl');
    port = await freePort(randomInt(20_000, 30_000));
    receiver = await ReceiverServer.start({ port, logFile, secrets: {}, mode: OK });
  });
  afterEach(async () => {
    await receiver.close();
    rmSync(folder, { recursive: true });
  });

  const post = (id: string, signal = AbortSignal.timeout(5000)) =>
    fetch(`http://127.0.0.1:${port}/events`, {
      method: 'POST',
      body: `{"id":"${id}"}`,
      headers: { 'webhook-id': id },
      signal,
    }).then(
      ({ status }) => status,
      () => 'nobody',
    );
  const answers = () => readReceived(logFile).map(({ id, answer }) => [id, answer]);

  test('answers as it is told, and writes down what it answered', async () => {
    expect(await post('good')).toBe(200);
    await receiver.setMode({ do: 'answer', status: 500 });
    expect(await post('bad')).toBe(500);
    await receiver.setMode({ do: 'answer', status: 200, afterMs: 50 });
    expect(await post('slow')).toBe(200);
    await receiver.setMode({ do: 'hang' });
    expect(await post('hung', AbortSignal.timeout(300))).toBe('nobody');
    await receiver.setMode({ do: 'closed' });
    expect(await post('refused')).toBe('nobody');
    await receiver.setMode(OK);
    expect(await post('again')).toBe(200);
    expect(answers()).toEqual([
      ['good', 200],
      ['bad', 500],
      ['slow', 200],
      ['hung', null],
      ['again', 200],
    ]);
  });

  test('has answered nobody who did not wait', async () => {
    await receiver.setMode({ do: 'answer', status: 200, afterMs: 300 });
    const leaving = new AbortController();
    const asked = post('impatient', leaving.signal);
    while (answers().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    leaving.abort();
    expect(await asked).toBe('nobody');
    await receiver.setMode(OK);
    expect(await post('good')).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 400)); // the late answer, if it were written
    expect(answers()).toEqual([
      ['impatient', null],
      ['good', 200],
    ]);
  });

  test('says what signatures are worth, by the secrets of the path', async () => {
    const { id, timestamp, signature, body, secret } = SPEC;
    receiver.setSecrets({ '/signed': [secret] });
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    };
    for (const path of ['/signed', '/other']) {
      await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers });
    }
    expect(readReceived(logFile)).toMatchObject([
      { path: '/signed', signature: 'too-old', id, body },
      { path: '/other', signature: 'invalid' },
    ]);
  });
});
