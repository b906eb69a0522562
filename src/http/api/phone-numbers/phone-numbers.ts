import { z } from 'zod';
import type { CarrierNumbers } from '../../../../activities/number-ports.ts';
import * as assistants from '../../../db/assistants.ts';
import * as numbers from '../../../db/phone-numbers.ts';
import type { StoredPhoneNumber } from '../../../db/phone-numbers.ts';
import type { Database } from '../../../db/pool.ts';
import type { Scope } from '../../../db/scope.ts';
import { idField, phoneNumber } from '../frame/fields.ts';
import { listBody, listOf, pageQuery, pageRequest } from '../frame/lists.ts';
import { importNumber, unknownAssistant } from './phone-number-import.ts';
import { tellOfNumber } from './phone-number-events.ts';
import {
  newPhoneNumber,
  phoneNumberChanges,
  phoneNumberSchema,
  presentNumber,
} from './phone-number-schema.ts';
import { invalid, notFound } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

/** What the routes of phone numbers need beside the workspace's own rows. */
export interface NumberParts {
  carrier: CarrierNumbers;
  /** The numbers of all workspaces, which share the account at Twilio. */
  taken: () => Promise<Set<string>>;
}

export const numberParams = z.object({ id: idField('pn') });
const tag = 'phone-numbers';

export function phoneNumberRoutes(app: ApiApp, db: Database, parts: NumberParts): void {
  addRoute(app, db, {
    method: 'POST',
    path: '/phone-numbers',
    name: 'importPhoneNumber',
    summary: 'Take on a number that the Twilio account has',
    description:
      'Sets the voice URL, the fallback and the status callback of the number at Twilio, and takes away a ' +
      'trunk or an application that would win over them; nothing of it with `configure: false`.',
    tag,
    scope: 'phone_numbers:write',
    body: newPhoneNumber,
    answer: [201, phoneNumberSchema],
    idempotency: 'two-phase',
    problems: ['number-taken', 'carrier-refused'],
    handle: async ({ body, caller, idempotencyKey, inWorkspace, reply }) => {
      const { number, assistant_id: assistantId, label, configure } = body;
      const stored = await importNumber(
        { ...parts, workspaceId: caller.workspaceId, idempotencyKey, inWorkspace },
        { number, assistantId, label, configure },
      );
      void reply.header('location', `/v1/phone-numbers/${stored.id}`);
      return presentNumber(stored);
    },
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/phone-numbers',
    name: 'listPhoneNumbers',
    summary: 'List phone numbers, the newest first',
    tag,
    scope: 'phone_numbers:read',
    query: z.strictObject({
      ...pageQuery,
      number: phoneNumber.optional(),
      assistant_id: idField('asst').optional(),
    }),
    answer: [200, listOf(phoneNumberSchema)],
    handle: async ({ caller, query, inWorkspace }) =>
      inWorkspace('Listing phone numbers', async (scope) => {
        const { number, assistant_id: assistantId } = query;
        if (assistantId !== undefined && !(await assistants.positionOf(scope, assistantId))) {
          throw invalid('?assistant_id', 'unknown-assistant', 'There is no such assistant');
        }
        const request = await pageRequest(query, caller.workspaceId, (id) =>
          numbers.positionOf(scope, id),
        );
        const filter = {
          ...(number !== undefined && { number }),
          ...(assistantId !== undefined && { assistantId }),
        };
        const page = await numbers.page(scope, filter, request);
        return listBody(page, caller.workspaceId, presentNumber);
      }),
  });

  addRoute(app, db, {
    method: 'GET',
    path: '/phone-numbers/:id',
    name: 'getPhoneNumber',
    summary: 'Fetch a phone number',
    tag,
    scope: 'phone_numbers:read',
    params: numberParams,
    answer: [200, phoneNumberSchema],
    handle: async ({ params: { id }, inWorkspace }) =>
      presentNumber(await inWorkspace('Finding a phone number', (scope) => knownNumber(scope, id))),
  });

  addRoute(app, db, {
    method: 'PATCH',
    path: '/phone-numbers/:id',
    name: 'updatePhoneNumber',
    summary: 'Change who answers a phone number, or its label',
    description:
      'A merge patch (RFC 7396): what is left out stays, null takes it away. Calls under way go on.',
    tag,
    scope: 'phone_numbers:write',
    params: numberParams,
    body: phoneNumberChanges,
    answer: [200, phoneNumberSchema],
    handle: async ({ params: { id }, body, inWorkspace }) =>
      inWorkspace('Changing a phone number', async (scope) => {
        const { assistant_id: assistantId, label } = body;
        const changes = {
          ...(assistantId !== undefined && { assistantId }),
          ...(label !== undefined && { label }),
        };
        if (Object.keys(changes).length === 0) return presentNumber(await knownNumber(scope, id));
        const stored = await changed(scope, id, changes);
        if (!stored) throw notFound();
        await tellOfNumber(scope, 'phone_number.updated', stored);
        return presentNumber(stored);
      }),
  });

  addRoute(app, db, {
    method: 'DELETE',
    path: '/phone-numbers/:id',
    name: 'deletePhoneNumber',
    summary: 'Give a phone number up',
    description:
      'Any workspace may take it on then. The Twilio account keeps it, and its calls go on coming here, ' +
      'where nobody answers them, unless `release_webhook` is true: then our URLs are taken away at Twilio.',
    tag,
    scope: 'phone_numbers:write',
    params: numberParams,
    query: z.strictObject({ release_webhook: z.enum(['true', 'false']).default('false') }),
    answer: [204, z.null()],
    problems: ['carrier-refused'],
    handle: async ({ params: { id }, query, inWorkspace }) => {
      const { number } = await inWorkspace('Finding a phone number', (scope) =>
        knownNumber(scope, id),
      );
      if (query.release_webhook === 'true') {
        const found = await parts.carrier.find(number);
        if (found) await parts.carrier.release(found.carrierSid);
      }
      await inWorkspace('Giving a phone number up', async (scope) => {
        const stored = await knownNumber(scope, id);
        if (!(await numbers.softDelete(scope, id))) throw notFound();
        await tellOfNumber(scope, 'phone_number.released', stored);
      });
      return null;
    },
  });
}

/** An assistant of somebody else is looked for only where the number is the caller's. */
async function changed(
  scope: Scope,
  id: string,
  changes: numbers.PhoneNumberChanges,
): Promise<StoredPhoneNumber | undefined> {
  if (!(await numbers.find(scope, id))) return undefined;
  const stored = await numbers.update(scope, id, changes);
  if (stored === 'no-assistant') throw unknownAssistant();
  return stored;
}

export async function knownNumber(scope: Scope, id: string): Promise<StoredPhoneNumber> {
  const stored = await numbers.find(scope, id);
  if (!stored) throw notFound();
  return stored;
}
