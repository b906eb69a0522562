/** The tables, as the newest migration leaves them. */
import type { ColumnType, Generated, Insertable, Selectable } from 'kysely';
import type { Direction, EndReason, Turn } from '../../workflows/contract.ts';

/** Comes as a Date; may be written as RFC 3339. */
type Time = ColumnType<Date, string | Date, string | Date>;
type OptionalTime = ColumnType<Date | null, string | Date | null, string | Date | null>;
type CreatedAt = ColumnType<Date, string | Date | undefined, never>;
type UpdatedAt = ColumnType<Date, string | Date | undefined, string | Date>;
/** Comes parsed and of no certain form; is written as JSON text. */
type Json = ColumnType<unknown, string, string>;
type OptionalJson = ColumnType<unknown, string | null, string | null>;

export interface Schema {
  workspaces: WorkspaceTable;
  api_keys: ApiKeyTable;
  sessions: SessionTable;
  idempotency_records: IdempotencyTable;
  rate_buckets: RateBucketTable;
  assistants: AssistantTable;
  assistant_versions: AssistantVersionTable;
  phone_numbers: PhoneNumberTable;
  calls: CallTable;
  turns: TurnTable;
  call_events: CallEventTable;
  event_positions: EventPositionTable;
  events: EventTable;
  webhook_endpoints: WebhookEndpointTable;
  webhook_dispatch: WebhookDispatchTable;
  deliveries: DeliveryTable;
}

/** The newest version of each assistant. */
interface AssistantTable {
  id: string;
  workspace_id: string;
  version: Generated<number>;
  name: string;
  config: Json;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  /** Hidden since then; its versions stay for the calls that ran with them. */
  deleted_at: OptionalTime;
}

/** Every version that was ever saved: a call keeps the one it began with. */
interface AssistantVersionTable {
  workspace_id: string;
  assistant_id: string;
  version: number;
  name: string;
  config: Json;
  created_at: CreatedAt;
}

interface PhoneNumberTable {
  id: string;
  workspace_id: string;
  /** E.164; of all that are not deleted, one. */
  number: string;
  /** Null: nobody answers. */
  assistant_id: string | null;
  label: string | null;
  /** Twilio's id (`PN…`). */
  carrier_sid: string | null;
  /** What the last look at Twilio's settings of the number found. */
  webhook_check: OptionalJson;
  /** Who answers a call is asked there first; null: nobody is asked. */
  assistant_request_url: string | null;
  /** Signs that question; sealed. */
  assistant_request_secret: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  deleted_at: OptionalTime;
}

/** How far a call has come, by its events; it never goes back. */
export type StoredStatus = 'created' | 'queued' | 'ringing' | 'answered' | 'ended';

interface CallTable {
  id: string;
  workspace_id: string;
  direction: Direction;
  account_sid: string;
  call_sid: string | null;
  from_number: string;
  to_number: string;
  status: StoredStatus;
  end_reason: EndReason | null;
  assistant_id: string | null;
  assistant_version: number | null;
  greeting: string | null;
  duration_seconds: number | null;
  created_at: Time;
  queued_at: OptionalTime;
  ringing_at: OptionalTime;
  answered_at: OptionalTime;
  ended_at: OptionalTime;
  /** The highest sequence that was written. */
  last_sequence: Generated<number>;
  session_id: string | null;
  /** Of our number, as it was when the call began. */
  phone_number_id: string | null;
  metadata: ColumnType<unknown, string | undefined, string>;
  /** What was said, in short. */
  summary: string | null;
  deleted_at: OptionalTime;
  /** Since then nothing is left of what was said, nor of the numbers. */
  erased_at: OptionalTime;
}

interface TurnTable {
  workspace_id: string;
  call_id: string;
  key: string;
  position: number;
  status: Turn['status'];
  heard: Json;
  reply: string | null;
  reply_source: NonNullable<Turn['replySource']> | null;
  model: string | null;
  tokens: OptionalJson;
  tries: OptionalJson;
  /** Has a default. */
  is_interrupted: Generated<boolean>;
  timings: OptionalJson;
  heard_at: Time;
  replied_at: OptionalTime;
  /** Of the event that wrote this turn last. */
  sequence: number;
}

interface CallEventTable {
  workspace_id: string;
  call_id: string;
  sequence: number;
  type: string;
  at: Time;
  data: Json;
}

interface WorkspaceTable {
  id: string;
  name: string;
  /** Days after its end that a call is erased; null: never. */
  retention_days: number | null;
  /** Hours without a call after which a session is over. */
  session_idle_hours: Generated<number>;
  /** What departs from the usual limits. */
  limits: ColumnType<unknown, string | undefined, string>;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

interface ApiKeyTable {
  id: string;
  workspace_id: string;
  name: string;
  mode: 'live' | 'test';
  /** SHA-256 of the whole key. */
  hash: Buffer;
  last_four: string;
  scopes: string[];
  created_at: CreatedAt;
  expires_at: OptionalTime;
  last_used_at: OptionalTime;
  revoked_at: OptionalTime;
  rolled_from: string | null;
}

/** What a customer and an assistant have said to each other, over several calls. */
interface SessionTable {
  id: string;
  workspace_id: string;
  assistant_id: string;
  /** Null: the number was withheld, and the session has one call. */
  customer_number: string | null;
  summary: string | null;
  /** The end of the newest call that `summary` knows. */
  summarized_at: OptionalTime;
  call_count: Generated<number>;
  created_at: Time;
  last_active_at: Time;
  /** A call that begins before then joins it. */
  expires_at: Time;
  /** Somebody closed it: what goes on in it does not open it again. */
  closed_at: OptionalTime;
  /** Something that was said in it was erased then: a summary of what began before may hold it. */
  forgotten_at: OptionalTime;
  /** Its end was told then, as an event. */
  ended_at: OptionalTime;
  deleted_at: OptionalTime;
}

interface IdempotencyTable {
  workspace_id: string;
  /** SHA-256 of the client's key. */
  key_hash: Buffer;
  /** SHA-256 of the request that came with it first. */
  request_hash: Buffer;
  state: 'running' | 'done';
  /** Whoever runs it has died, if it is still running then. */
  locked_until: Time;
  status: number | null;
  headers: OptionalJson;
  body: string | null;
  /** The API key (its id) whose holder alone can open `body`. */
  sealed_for: string | null;
  /** Counts anew when another request takes the place of an old one. */
  created_at: UpdatedAt;
}

interface RateBucketTable {
  name: string;
  tokens: number;
  /** What the last who asked was given. */
  taken: number;
  at: ColumnType<Date, string | Date | undefined, string | Date>;
}

interface EventPositionTable {
  workspace_id: string;
  /** The position of the newest event of the workspace. */
  last: ColumnType<string, number, number>;
}

/** What customers are told of: the outbox. */
interface EventTable {
  id: string;
  workspace_id: string;
  /** Counts the events of a workspace from 1, in the order of their commits, without gaps. */
  position: ColumnType<string, never, never>;
  type: string;
  call_id: string | null;
  /** Of the events of a call, from 1 without gaps. */
  sequence: number | null;
  occurred_at: Time;
  created_at: CreatedAt;
  /** As the API shows it. */
  data: Json;
}

interface WebhookEndpointTable {
  id: string;
  workspace_id: string;
  url: string;
  description: string | null;
  /** Types of events, such as `call.ended`, `call.*` or `*`. */
  events: string[];
  /** The version of the events that it understands. */
  api_version: string;
  max_per_second: number;
  metadata: ColumnType<unknown, string | undefined, string>;
  status: ColumnType<'enabled' | 'disabled', 'enabled' | 'disabled' | undefined>;
  /** Null when the customer did it. */
  disabled_reason: 'failing' | 'gone' | null;
  disabled_at: OptionalTime;
  /** Sealed; what is inside begins with `whsec_`. */
  secret: string;
  /** Signs too, until then. */
  previous_secret: string | null;
  previous_secret_until: OptionalTime;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  deleted_at: OptionalTime;
}

interface WebhookDispatchTable {
  endpoint_id: string;
  workspace_id: string;
  /** Until then somebody sees to its deliveries, or has just asked for it. */
  busy_until: OptionalTime;
  /** Attempts in a row that have failed. */
  failures: Generated<number>;
  failing_since: OptionalTime;
}

/**
 * `pending`: its dispatcher is to send it. `retrying`: has failed, and goes by its plan. `failed`: the
 * plan is over, or the endpoint was disabled (`reason`).
 */
export type DeliveryStatus = 'pending' | 'retrying' | 'succeeded' | 'failed';

interface DeliveryTable {
  id: string;
  workspace_id: string;
  endpoint_id: string;
  event_id: string;
  event_type: string;
  /** Of the event: deliveries are sent in this order. */
  position: ColumnType<string, never, never>;
  /** Deliveries of one lane (a call) are not sent at the same time. */
  lane: string | null;
  status: ColumnType<DeliveryStatus, DeliveryStatus | undefined>;
  reason: string | null;
  attempt_count: Generated<number>;
  /** The newest ones, the oldest of them first; see `DeliveryAttempt`. */
  attempts: ColumnType<unknown, string | undefined, string>;
  next_attempt_at: OptionalTime;
  /** Its retries have a workflow of their own. */
  handed_over: Generated<boolean>;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  finished_at: OptionalTime;
}

export type CallRow = Selectable<CallTable>;
export type NewCallRow = Insertable<CallTable>;
export type SessionRow = Selectable<SessionTable>;
export type TurnRow = Selectable<TurnTable>;
export type NewTurnRow = Insertable<TurnTable>;
