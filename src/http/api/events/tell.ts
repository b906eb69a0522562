import { emit } from '../../../db/outbox.ts';
import type { Scope } from '../../../db/scope.ts';
import { newId } from '../../../ids.ts';
import type { EventData, EventType } from './catalogue.ts';

/**
 * Tells whoever wants to know of what the transaction has done. To be called last in it, and once.
 * @param occurredAt RFC 3339; left out: now
 */
export async function tell<T extends EventType>(
  scope: Scope,
  type: T,
  data: EventData[T],
  occurredAt = new Date().toISOString(),
): Promise<void> {
  await emit(scope, [{ id: newId('evt'), type, occurredAt, data }]);
}
