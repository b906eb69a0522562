/** What is asked of Twilio about phone numbers. */
import { z } from 'zod';
import type { CarrierNumber, NumberCheck } from '../../../../activities/number-ports.ts';
import * as numbers from '../../../db/phone-numbers.ts';
import type { StoredPhoneNumber } from '../../../db/phone-numbers.ts';
import type { Database } from '../../../db/pool.ts';
import type { Scope } from '../../../db/scope.ts';
import { listOf } from '../frame/lists.ts';
import { tellOfNumber } from './phone-number-events.ts';
import { importableNumber, phoneNumberSchema, presentNumber } from './phone-number-schema.ts';
import { knownNumber, numberParams } from './phone-numbers.ts';
import type { NumberParts } from './phone-numbers.ts';
import { Problem } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

const tag = 'phone-numbers';

const importableQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  starting_after: z
    .string()
    .regex(/^\d{7,15}$/, 'Not a next_cursor of this list')
    .optional()
    .meta({ description: 'The `next_cursor` of the page before' }),
});

export function numbersAtCarrierRoutes(app: ApiApp, db: Database, parts: NumberParts): void {
  const { carrier, taken } = parts;

  addRoute(app, db, {
    method: 'GET',
    path: '/phone-numbers/importable',
    name: 'listImportableNumbers',
    summary: 'List numbers of the Twilio account that no workspace has',
    description: 'Those that take calls, in the order of their digits.',
    tag,
    scope: 'admin',
    query: importableQuery,
    answer: [200, listOf(importableNumber)],
    problems: ['carrier-refused'],
    handle: async ({ query: { limit, starting_after: after } }) => {
      const [listed, known] = await Promise.all([carrier.list(), taken()]);
      const rest = listed
        .filter(({ number, takesCalls }) => takesCalls && !known.has(number))
        .map(({ number, ...more }) => ({ ...more, number, digits: number.slice(1) }))
        .filter(({ digits }) => after === undefined || digits > after)
        .toSorted((a, b) => (a.digits < b.digits ? -1 : 1));
      const data = rest.slice(0, limit);
      const hasMore = rest.length > limit;
      return {
        object: 'list' as const,
        data: data.map(presentImportable),
        has_more: hasMore,
        next_cursor: hasMore ? (data.at(-1)?.digits ?? null) : null,
      };
    },
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/phone-numbers/:id/configure',
    name: 'configurePhoneNumber',
    summary: 'Bring the calls to a phone number here',
    description:
      'Sets the URLs at Twilio as they should be, and takes away a trunk or an application that would win ' +
      'over them.',
    tag,
    scope: 'phone_numbers:write',
    params: numberParams,
    answer: [200, phoneNumberSchema],
    idempotency: 'two-phase',
    problems: ['conflict', 'carrier-refused'],
    handle: async ({ params: { id }, inWorkspace }) => {
      const { number } = await inWorkspace('Finding a phone number', (s) => knownNumber(s, id));
      const at = new Date().toISOString();
      const found = await carrier.find(number);
      const check: NumberCheck = found
        ? await carrier.configure(found.carrierSid)
        : { status: 'missing', differences: [] };
      const stored = await inWorkspace('Keeping what Twilio says', async (scope) => {
        const kept = await keep(scope, id, check, at, found?.carrierSid);
        if (check.status !== 'missing') await tellOfNumber(scope, 'phone_number.updated', kept);
        return kept;
      });
      if (check.status === 'missing') {
        throw new Problem('conflict', 'The Twilio account does not have this number.');
      }
      return presentNumber(stored);
    },
  });

  addRoute(app, db, {
    method: 'POST',
    path: '/phone-numbers/:id/check',
    name: 'checkPhoneNumber',
    summary: 'Look now what Twilio does with calls to a phone number',
    description: 'Changes nothing at Twilio. It is looked by itself from time to time, too.',
    tag,
    scope: 'phone_numbers:write',
    params: numberParams,
    answer: [200, phoneNumberSchema],
    idempotency: 'two-phase',
    problems: ['carrier-refused'],
    handle: async ({ params: { id }, inWorkspace }) => {
      const { number } = await inWorkspace('Finding a phone number', (s) => knownNumber(s, id));
      const at = new Date().toISOString();
      const { carrierSid, ...check } = await carrier.check(number);
      return presentNumber(
        await inWorkspace('Keeping what Twilio says', (scope) =>
          keep(scope, id, check, at, carrierSid),
        ),
      );
    },
  });
}

async function keep(
  scope: Scope,
  id: string,
  { status, differences }: NumberCheck,
  checked_at: string,
  carrierSid: string | undefined,
): Promise<StoredPhoneNumber> {
  await numbers.setWebhookCheck(scope, id, { status, differences, checked_at });
  const stored = await knownNumber(scope, id);
  if (carrierSid === undefined || stored.carrierSid === carrierSid) return stored;
  const updated = await numbers.update(scope, id, { carrierSid });
  return updated === undefined || updated === 'no-assistant' ? stored : updated;
}

function presentImportable({ carrierSid, number, label, differences }: CarrierNumber) {
  return {
    object: 'importable_number' as const,
    number,
    label,
    provider: { number_sid: carrierSid },
    leads_here: differences.length === 0,
    differences,
  };
}
