/** An event as customers see it: in lists, in streams, and as the body of a webhook. */

/** The versions of the form of events; an endpoint keeps the one that it was made with. */
export const API_VERSIONS = ['2026-12-01'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];
export const NEWEST_VERSION: ApiVersion = '2026-12-01';

export interface StoredEvent {
  id: string;
  type: string;
  /** RFC 3339 with milliseconds. */
  occurredAt: string;
  callId?: string;
  sequence?: number;
  data: unknown;
}

export interface EventBody {
  id: string;
  object: 'event';
  type: string;
  /** When it happened, RFC 3339 with milliseconds. */
  timestamp: string;
  api_version: ApiVersion;
  /** Of the events of one call, from 1 without gaps; null for all others. */
  sequence: number | null;
  data: unknown;
}

/** The same event has the same body however often it is sent. */
export function eventBody(event: StoredEvent, version: ApiVersion = NEWEST_VERSION): EventBody {
  return {
    id: event.id,
    object: 'event',
    type: event.type,
    timestamp: event.occurredAt,
    api_version: version,
    sequence: event.sequence ?? null,
    data: event.data,
  };
}
