/** Rows of webhook endpoints in the words of the product. */
import type { Selectable } from 'kysely';
import { storable, toJson } from './json.ts';
import type { Position } from './page.ts';
import type { Schema } from './schema.ts';

type Row = Selectable<Schema['webhook_endpoints']>;

/** What its owner says of it. */
export interface EndpointContent {
  url: string;
  description: string | null;
  /** Types of events, such as `call.ended`, `call.*` or `*`. */
  events: string[];
  maxPerSecond: number;
  status: Row['status'];
  metadata: Record<string, string>;
}

/** Times are RFC 3339. */
export interface StoredEndpoint extends Position, EndpointContent {
  apiVersion: string;
  /** Null: enabled, or its owner did it. */
  disabledReason: Row['disabled_reason'];
  disabledAt: string | null;
  /** Until then a second secret signs, too. */
  previousSecretUntil: string | null;
  updatedAt: string;
  /** Attempts in a row that have failed. */
  failures: number;
  failingSince: string | null;
}

export function columnsOf({ url, description, events, ...content }: EndpointContent) {
  return {
    url,
    description: description === null ? null : storable(description),
    events: [...events],
    max_per_second: content.maxPerSecond,
    status: content.status,
    metadata: toJson(content.metadata),
  };
}

export function presentEndpoint(
  row: Row & { failures: number | null; failing_since: Date | null },
): StoredEndpoint {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    apiVersion: row.api_version,
    maxPerSecond: row.max_per_second,
    metadata: row.metadata as Record<string, string>, // written by us alone
    status: row.status,
    disabledReason: row.disabled_reason,
    disabledAt: row.disabled_at?.toISOString() ?? null,
    previousSecretUntil: row.previous_secret_until?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    failures: row.failures ?? 0,
    failingSince: row.failing_since?.toISOString() ?? null,
  };
}
