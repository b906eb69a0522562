/** The server of a customer's own that is asked who answers the calls to a number. */
import { z } from 'zod';
import * as numbers from '../../../db/phone-numbers.ts';
import type { StoredPhoneNumber } from '../../../db/phone-numbers.ts';
import type { Database } from '../../../db/pool.ts';
import type { Scope } from '../../../db/scope.ts';
import { rolled, newRollingSecret } from '../../../webhooks/rolling-secret.ts';
import { newWebhookSecret } from '../../../webhooks/signature.ts';
import { idField } from '../frame/fields.ts';
import { invalid, notFound, Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';
import { rollSecretBody } from '../webhooks/webhook-endpoint-schema.ts';
import type { WebhookParts } from '../webhooks/webhook-endpoints.ts';
import { tellOfNumber } from './phone-number-events.ts';
import { phoneNumberSchema, presentNumber } from './phone-number-schema.ts';
import { knownNumber, numberParams } from './phone-numbers.ts';

const tag = 'phone-numbers';
const scope = 'phone_numbers:write';
const path = '/phone-numbers/:id/assistant-request';

const requestBody = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(2048)
    .meta({ examples: ['https://example.com/who-answers'] }),
});

const freshAssistantRequest = z
  .object({
    object: z.literal('assistant_request'),
    phone_number_id: idField('pn'),
    url: z.string(),
    secret: z.string().meta({
      description: 'Signs the questions (Standard Webhooks); it is shown this once',
      examples: ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD6Hn3YMJk0y0='],
    }),
  })
  .meta({ id: 'FreshAssistantRequest' });

export function assistantRequestRoutes(app: ApiApp, db: Database, parts: WebhookParts): void {
  addRoute(app, db, {
    method: 'POST',
    path,
    name: 'createAssistantRequest',
    summary: 'Let a server of yours say who answers the calls to a phone number',
    description:
      'When a call comes, this URL is sent a signed POST, and may answer with `assistant_id`, `variables` ' +
      "and `metadata`. Without a usable answer within 5 s the number's own assistant answers. The secret " +
      'is in the answer, this once.',
    tag,
    scope,
    params: numberParams,
    body: requestBody,
    answer: [201, freshAssistantRequest],
    secret: true,
    problems: ['conflict'],
    handle: async ({ params: { id }, body: { url }, reply, inWorkspace }) => {
      const secret = newWebhookSecret();
      const kept = parts.box.seal(newRollingSecret(secret), id);
      await inWorkspace('Setting who is asked', async (own) => {
        await knownNumber(own, id);
        checkUrl(parts, url);
        if (await numbers.findAssistantRequest(own, id, { lock: true })) {
          throw new Problem('conflict', 'A server is asked already: change its URL with PATCH.');
        }
        await set(own, id, { url, secret: kept });
      });
      void reply.header('location', `/v1/phone-numbers/${id}`);
      return fresh(id, url, secret);
    },
  });

  addRoute(app, db, {
    method: 'PATCH',
    path,
    name: 'updateAssistantRequest',
    summary: 'Change the URL that is asked who answers',
    description: 'Its secret stays.',
    tag,
    scope,
    params: numberParams,
    body: requestBody,
    answer: [200, phoneNumberSchema],
    handle: async ({ params: { id }, body: { url }, inWorkspace }) =>
      inWorkspace('Changing who is asked', async (own) => {
        const before = await knownRequest(own, id);
        if (before.url === url) return presentNumber(await knownNumber(own, id));
        checkUrl(parts, url);
        return presentNumber(await set(own, id, { ...before, url }));
      }),
  });

  addRoute(app, db, {
    method: 'POST',
    path: `${path}/roll-secret`,
    name: 'rollAssistantRequestSecret',
    summary: 'Put a new secret in the place of the one that signs the questions',
    description: 'It is in the answer, this once. Until the overlap is over both sign.',
    tag,
    scope,
    params: numberParams,
    body: rollSecretBody,
    answer: [200, freshAssistantRequest],
    secret: true,
    handle: async ({ params: { id }, body, inWorkspace }) => {
      const secret = newWebhookSecret();
      return inWorkspace('Rolling the secret of who is asked', async (own) => {
        const before = await knownRequest(own, id);
        const overlapMs = body.overlap_seconds * 1_000;
        const kept = rolled(parts.box.open(before.secret, id), secret, overlapMs);
        await set(own, id, { url: before.url, secret: parts.box.seal(kept, id) });
        return fresh(id, before.url, secret);
      });
    },
  });

  addRoute(app, db, {
    method: 'DELETE',
    path,
    name: 'deleteAssistantRequest',
    summary: 'Ask nobody any more who answers',
    tag,
    scope,
    params: numberParams,
    answer: [204, z.null()],
    handle: async ({ params: { id }, inWorkspace }) => {
      await inWorkspace('Asking nobody any more', async (own) => {
        await knownRequest(own, id);
        await set(own, id, null);
      });
      return null;
    },
  });
}

async function knownRequest(own: Scope, id: string) {
  const request = await numbers.findAssistantRequest(own, id, { lock: true });
  if (!request) throw notFound();
  return request;
}

/** To be called last in a transaction. */
async function set(
  own: Scope,
  id: string,
  request: { url: string; secret: string } | null,
): Promise<StoredPhoneNumber> {
  const stored = await numbers.setAssistantRequest(own, id, request);
  if (!stored) throw notFound();
  await tellOfNumber(own, 'phone_number.updated', stored);
  return stored;
}

function checkUrl({ urlFault }: WebhookParts, url: string): void {
  const fault = urlFault(url);
  if (fault !== undefined) throw invalid('/url', 'refused-url', `The URL ${fault}`);
}

function fresh(id: string, url: string, secret: string) {
  return { object: 'assistant_request' as const, phone_number_id: id, url, secret };
}
