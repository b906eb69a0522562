/** What is asked, and what of the answers is taken. */
import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { AssistantQuestion } from '../../activities/ports.ts';
import { createAssistantRequests } from '../../src/assistant-request/index.ts';
import { questionSchema } from '../../src/assistant-request/question.ts';
import { SafeFetchError } from '../../src/safe-fetch/index.ts';
import type { SafeFetchCode, SafeRequest } from '../../src/safe-fetch/index.ts';
import { createSecretBox } from '../../src/sealing/index.ts';
import { newRollingSecret, rolled } from '../../src/webhooks/rolling-secret.ts';
import { newWebhookSecret } from '../../src/webhooks/signature.ts';
import { ASSISTANT } from '../workflows/builders.ts';

const QUESTION: AssistantQuestion = {
  callId: 'call_0Qb5wM2k7Zt1Yc8Xn4Rr6Vd3Hs',
  callSid: 'CA1',
  from: '+15005550001',
  to: '+15005550006',
  startedAt: '2026-03-01T12:00:00.000Z',
  numberId: 'pn_1',
  workspaceId: 'ws_1',
};
const URL_ASKED = 'https://example.com/who';
const OURS = {
  ...ASSISTANT,
  id: 'asst_ours',
  workspaceId: 'ws_1',
  firstMessage: 'Hello {{name}}.',
};

/** A server that answers so, and what it was asked. */
function asking(answer: { status?: number; body?: string } | SafeFetchCode, kept?: string) {
  const secret = newWebhookSecret();
  const box = createSecretBox(['a-key-of-more-than-thirty-two-characters']);
  const requests: (SafeRequest & { url: string })[] = [];
  const looked: unknown[] = [];
  const asker = createAssistantRequests({
    find: async ({ numberId }) => ({
      url: URL_ASKED,
      secret: box.seal(kept ?? newRollingSecret(secret), numberId),
    }),
    assistants: {
      findById: async (id, about) => {
        looked.push([id, about]);
        return id === OURS.id ? OURS : undefined;
      },
    },
    box,
    http: {
      fetch: async (url, request) => {
        requests.push({ url, ...request });
        if (typeof answer === 'string') throw new SafeFetchError(answer, 'Broken.');
        return { status: 200, headers: {}, body: '{}', ...answer };
      },
    },
  });
  return { ask: () => asker.ask(QUESTION, {}), requests, looked, secret };
}
const json = (body: unknown) => ({ body: JSON.stringify(body) });

test('the question is signed, and tells of the call', async () => {
  const { ask, requests, secret } = asking({});
  await ask();
  await ask();
  const [first, again] = requests;
  expect(new Webhook(secret).verify(first?.body ?? '', first?.headers ?? {})).toEqual({
    id: 'req_0Qb5wM2k7Zt1Yc8Xn4Rr6Vd3Hs',
    type: 'assistant_request',
    timestamp: '2026-03-01T12:00:00.000Z',
    api_version: '2026-12-01',
    data: {
      call: {
        id: QUESTION.callId,
        direction: 'inbound',
        from: '+15005550001',
        to: '+15005550006',
        provider: { call_sid: 'CA1' },
      },
      phone_number_id: 'pn_1',
      default_assistant_id: null,
    },
  });
  expect(again?.body).toBe(first?.body);
  const described = questionSchema.strict().safeParse(JSON.parse(first?.body ?? ''));
  expect(described.error).toBeUndefined();
  expect(first).toMatchObject({ url: URL_ASKED, method: 'POST', timeoutMs: 4500 });
});

test('both secrets sign while one is exchanged for the other', async () => {
  const [old, next] = [newWebhookSecret(), newWebhookSecret()];
  const { ask, requests } = asking({}, rolled(newRollingSecret(old), next, 60_000));
  await ask();
  const { body = '', headers = {} } = requests[0] ?? {};
  for (const secret of [old, next]) expect(new Webhook(secret).verify(body, headers)).toBeDefined();
  const past = new Date(Date.now() - 120_000);
  const over = asking({}, rolled(newRollingSecret(old), next, 60_000, past));
  await over.ask();
  const late = over.requests[0];
  expect(() => new Webhook(old).verify(late?.body ?? '', late?.headers ?? {})).toThrow(/signature/);
});

describe('an answer', () => {
  test.each([
    ['nothing', { status: 204, body: '' }, {}],
    ['an empty object', json({}), {}],
    ['no assistant in so many words', json({ assistant_id: null }), {}],
    [
      'variables and metadata',
      json({ variables: { name: 'Ada' }, metadata: { order: 'A-17' } }),
      { variables: { name: 'Ada' }, metadata: { order: 'A-17' } },
    ],
    [
      'an assistant',
      json({ assistant_id: 'asst_ours', variables: { name: 'Ada' } }),
      { assistant: OURS, variables: { name: 'Ada' } },
    ],
  ])('that says %s is taken', async (_what, answer, choice) => {
    expect(await asking(answer).ask()).toEqual(choice);
  });

  test('names an assistant of the number owner, with what this customer said before', async () => {
    const { ask, looked } = asking(json({ assistant_id: 'asst_ours', variables: { name: 'A' } }));
    await ask();
    expect(looked).toEqual([['asst_ours', { workspaceId: 'ws_1', customer: '+15005550001' }]]);
  });

  test.each([
    ['is not JSON', { body: '<html>' }, 'bad-answer'],
    ['is a list', json([]), 'bad-answer'],
    ['has fields that nobody knows', json({ assistant: 'asst_ours' }), 'bad-answer'],
    ['names no assistant of ours', json({ assistant_id: 'asst_others' }), 'unknown-assistant'],
    ['names something else', json({ assistant_id: 'call_1' }), 'bad-answer'],
    ['leaves a variable out', json({ assistant_id: 'asst_ours' }), 'missing-variable'],
    ['has variables that are no texts', json({ variables: { name: 1 } }), 'bad-answer'],
    ['has a variable of no name', json({ variables: { 'a b': 'x' } }), 'bad-answer'],
    ['has a variable that is too long', json({ variables: { a: 'x'.repeat(1001) } }), 'bad-answer'],
    ['has control characters', json({ variables: { a: '\u0007' } }), 'bad-answer'],
    ['has metadata that are no texts', json({ metadata: { a: {} } }), 'bad-answer'],
    ['is a redirect', { status: 302 }, 'refused'],
    ['is a refusal', { status: 401 }, 'refused'],
  ])('that %s is none', async (_what, answer, code) => {
    await expect(asking(answer).ask()).rejects.toMatchObject({ code, retryable: false });
  });

  test.each([
    ['timeout', 'no-answer', false],
    ['too-large', 'too-large', false],
    ['refused-url', 'refused-url', false],
    ['refused-address', 'refused-url', false],
    ['connection', 'unreachable', true],
  ] as const)('that ends in %s is none', async (broken, code, retryable) => {
    await expect(asking(broken).ask()).rejects.toMatchObject({ code, retryable });
  });

  test('of a server that fails is asked for again', async () => {
    await expect(asking({ status: 503 }).ask()).rejects.toMatchObject({
      code: 'server-error',
      retryable: true,
    });
  });
});
