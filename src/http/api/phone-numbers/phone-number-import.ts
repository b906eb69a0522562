/** Takes a number of the Twilio account on for a workspace. */
import type {
  CarrierNumbers,
  NumberCheck,
  WebhookCheck,
} from '../../../../activities/number-ports.ts';
import * as assistants from '../../../db/assistants.ts';
import * as numbers from '../../../db/phone-numbers.ts';
import type { StoredPhoneNumber } from '../../../db/phone-numbers.ts';
import type { Scope } from '../../../db/scope.ts';
import { importedNumberId, newId } from '../../../ids.ts';
import { tellOfNumber } from './phone-number-events.ts';
import { invalid, Problem } from '../frame/problems.ts';

export interface ImportOrder {
  number: string;
  assistantId: string | null;
  label: string | null;
  /** Brings its calls here. */
  configure: boolean;
}

export interface ImportParts {
  carrier: CarrierNumbers;
  /** The numbers of all workspaces. */
  taken: () => Promise<Set<string>>;
  workspaceId: string;
  idempotencyKey: string | undefined;
  inWorkspace: <T>(what: string, work: (scope: Scope) => Promise<T>) => Promise<T>;
}

/**
 * Twilio first, the row after it: whatever dies between leaves no row, so that the same request, with
 * its key or without, does all of it again.
 * @throws {Problem} when it cannot be had; {CarrierError} when Twilio is away or refuses.
 */
export async function importNumber(
  parts: ImportParts,
  order: ImportOrder,
): Promise<StoredPhoneNumber> {
  const { workspaceId, idempotencyKey: key, inWorkspace } = parts;
  const id = key === undefined ? newId('pn') : importedNumberId(workspaceId, key, order.number);
  const before = await inWorkspace('Looking for a number', async (scope) => {
    await checkAssistant(scope, order.assistantId);
    return numbers.findByNumber(scope, order.number);
  });
  // Whoever made it with this key died before the answer was kept.
  if (before?.id === id) return before;
  if (before || (await parts.taken()).has(order.number)) throw new Problem('number-taken');
  const { carrierSid, ...check } = await setUp(parts.carrier, order);
  return inWorkspace('Taking a number on', async (scope) => {
    const { number, assistantId, label } = order;
    // The key may have made one that was deleted since.
    const isUsed = (await numbers.positionOf(scope, id)) !== undefined;
    const rowId = isUsed ? newId('pn') : id;
    const made = await numbers.create(scope, { id: rowId, number, assistantId, label, carrierSid });
    if (made === 'taken') throw new Problem('number-taken');
    if (made === 'no-assistant') throw unknownAssistant();
    await numbers.setWebhookCheck(scope, made.id, check);
    const stored = { ...made, webhookCheck: check };
    await tellOfNumber(scope, 'phone_number.created', stored);
    return stored;
  });
}

async function setUp(
  carrier: CarrierNumbers,
  order: ImportOrder,
): Promise<WebhookCheck & { carrierSid: string }> {
  const found = await carrier.find(order.number);
  if (!found) throw notInAccount();
  if (!found.takesCalls) {
    throw invalid('/number', 'takes-no-calls', 'This number takes messages only');
  }
  const { carrierSid, differences } = found;
  const checked_at = new Date().toISOString();
  if (!order.configure) {
    const status = differences.length === 0 ? 'ok' : 'differs';
    return { status, differences, checked_at, carrierSid };
  }
  const check: NumberCheck = await carrier.configure(carrierSid);
  if (check.status === 'missing') throw notInAccount();
  return { ...check, checked_at, carrierSid };
}

async function checkAssistant(scope: Scope, id: string | null): Promise<void> {
  if (id !== null && !(await assistants.find(scope, id))) throw unknownAssistant();
}

export function unknownAssistant(): Problem {
  return invalid('/assistant_id', 'unknown-assistant', 'There is no such assistant');
}

function notInAccount(): Problem {
  return invalid('/number', 'not-in-account', 'The Twilio account does not have this number');
}
