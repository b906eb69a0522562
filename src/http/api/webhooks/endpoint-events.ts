/** What others are told of a webhook endpoint. */
import type { NewEvent } from '../../../db/outbox.ts';
import type { StoredEndpoint } from '../../../db/webhook-endpoint-row.ts';
import { newId } from '../../../ids.ts';
import type { EventData, EventType } from '../events/catalogue.ts';

/** @param stored as it is since then; one that was deleted: as it was */
export function endpointEvent(
  type: Extract<EventType, `webhook_endpoint.${string}`>,
  stored: StoredEndpoint,
): NewEvent {
  return { id: newId('evt'), type, occurredAt: new Date().toISOString(), data: view(stored) };
}

function view(stored: StoredEndpoint): EventData['webhook_endpoint.updated'] {
  const { id, url, status, disabledReason } = stored;
  return { webhook_endpoint: { id, url, status, disabled_reason: disabledReason } };
}
