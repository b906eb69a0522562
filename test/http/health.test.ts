import { expect, test } from '@jest/globals';
import { startApp } from './harness.ts';
import type { Readiness } from '../../src/http/health.ts';

async function ask(target: string, readiness: Readiness, method = 'GET') {
  const server = await startApp({ readiness });
  try {
    const { status, headers, body } = await server.send({ method, target });
    return { status, type: headers['content-type'], body: body && JSON.parse(body) };
  } finally {
    await server.close();
  }
}
const json = 'application/json; charset=utf-8';
const never: Readiness = () => Promise.reject(new Error('unreachable at 10.0.0.1'));

test('/healthz says that the process lives, whatever is missing', async () => {
  const alive = { status: 200, type: json, body: { status: 'ok' } };
  expect(await ask('/healthz', async () => ['Temporal'])).toEqual(alive);
  expect(await ask('/healthz', never)).toEqual(alive);
});

test('/readyz is 200 when calls can be taken', async () => {
  const ready = { status: 200, type: json, body: { status: 'ready', missing: [] } };
  expect(await ask('/readyz', async () => [])).toEqual(ready);
});

test('/readyz is 503 and says what is missing before', async () => {
  const missing = ['Temporal', 'search attribute VocaStatus'];
  expect(await ask('/readyz', async () => missing)).toEqual({
    status: 503,
    type: json,
    body: { status: 'not ready', missing },
  });
});

test('/readyz is 503 when it cannot find out, and does not say why', async () => {
  const unknown = { status: 503, type: json, body: { status: 'not ready', missing: ['unknown'] } };
  expect(await ask('/readyz', never)).toEqual(unknown);
});

test('both answer HEAD with the same status', async () => {
  expect((await ask('/healthz', never, 'HEAD')).status).toBe(200);
  expect((await ask('/readyz', async () => ['x'], 'HEAD')).status).toBe(503);
});
