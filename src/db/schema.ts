/** The tables, as the newest migration leaves them. */
import type { ColumnType, Generated, Insertable, Selectable } from 'kysely';
import type { Direction, EndReason, Turn } from '../../workflows/contract.ts';

/** Comes as a Date; may be written as RFC 3339. */
type Time = ColumnType<Date, string | Date, string | Date>;
type OptionalTime = ColumnType<Date | null, string | Date | null, string | Date | null>;
type CreatedAt = ColumnType<Date, string | Date | undefined, never>;
/** Comes parsed and of no certain form; is written as JSON text. */
type Json = ColumnType<unknown, string, string>;
type OptionalJson = ColumnType<unknown, string | null, string | null>;

export interface Schema {
  assistants: AssistantTable;
  assistant_versions: AssistantVersionTable;
  phone_numbers: PhoneNumberTable;
  calls: CallTable;
  turns: TurnTable;
  call_events: CallEventTable;
}

/** The newest version of each assistant. */
interface AssistantTable {
  id: string;
  version: Generated<number>;
  name: string;
  config: Json;
  created_at: CreatedAt;
  updated_at: ColumnType<Date, string | Date | undefined, string | Date>;
}

/** Every version that was ever saved: a call keeps the one it began with. */
interface AssistantVersionTable {
  assistant_id: string;
  version: number;
  name: string;
  config: Json;
  created_at: CreatedAt;
}

interface PhoneNumberTable {
  id: string;
  /** E.164. */
  number: string;
  /** Null: nobody answers. */
  assistant_id: string | null;
  created_at: CreatedAt;
  updated_at: ColumnType<Date, string | Date | undefined, string | Date>;
}

/** How far a call has come, by its events; it never goes back. */
export type StoredStatus = 'created' | 'queued' | 'ringing' | 'answered' | 'ended';

interface CallTable {
  id: string;
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
}

interface TurnTable {
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
  heard_at: Time;
  replied_at: OptionalTime;
  /** Of the event that wrote this turn last. */
  sequence: number;
}

interface CallEventTable {
  call_id: string;
  sequence: number;
  type: string;
  at: Time;
  data: Json;
}

export type CallRow = Selectable<CallTable>;
export type NewCallRow = Insertable<CallTable>;
export type TurnRow = Selectable<TurnTable>;
export type NewTurnRow = Insertable<TurnTable>;
