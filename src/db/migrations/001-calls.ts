import { sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';

// Ids sort by their time only in byte order, hence the collation.
const STATEMENTS = [
  `create table assistants (
    id text collate "C" primary key,
    version integer not null default 1 check (version > 0),
    name text not null,
    config jsonb not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create table assistant_versions (
    assistant_id text collate "C" not null references assistants (id) on delete cascade,
    version integer not null,
    name text not null,
    config jsonb not null,
    created_at timestamptz not null default now(),
    primary key (assistant_id, version)
  )`,
  `create table phone_numbers (
    id text collate "C" primary key,
    number text not null unique,
    assistant_id text collate "C" references assistants (id) on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create index phone_numbers_assistant on phone_numbers (assistant_id)`,
  // No reference to assistants: the record of a call outlives its assistant.
  `create table calls (
    id text collate "C" primary key,
    direction text not null check (direction in ('inbound', 'outbound')),
    account_sid text not null,
    call_sid text,
    from_number text not null,
    to_number text not null,
    status text not null check (status in ('created', 'queued', 'ringing', 'answered', 'ended')),
    end_reason text,
    assistant_id text collate "C",
    assistant_version integer,
    greeting text,
    duration_seconds integer,
    created_at timestamptz not null,
    queued_at timestamptz,
    ringing_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    last_sequence integer not null default 0
  )`,
  `create index calls_newest on calls (created_at desc, id desc)`,
  `create index calls_call_sid on calls (call_sid)`,
  `create table turns (
    call_id text collate "C" not null references calls (id) on delete cascade,
    key text not null,
    position integer not null,
    status text not null,
    heard jsonb not null,
    reply text,
    reply_source text,
    model text,
    heard_at timestamptz not null,
    replied_at timestamptz,
    sequence integer not null,
    primary key (call_id, key)
  )`,
  `create table call_events (
    call_id text collate "C" not null references calls (id) on delete cascade,
    sequence integer not null check (sequence > 0),
    type text not null,
    at timestamptz not null,
    data jsonb not null,
    primary key (call_id, sequence)
  )`,
];

export const calls: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
