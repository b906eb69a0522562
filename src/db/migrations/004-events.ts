import { sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';

/** As in 003: a workspace sees its own rows; the housekeeping sees all. */
const isolate = (table: string) => [
  `alter table ${table} enable row level security`,
  `create policy own_workspace on ${table} to voca_app
    using (workspace_id = current_setting('voca.workspace', true))
    with check (workspace_id = current_setting('voca.workspace', true))`,
  `create policy everything on ${table} to voca_system using (true) with check (true)`,
  `grant select, insert, update, delete on ${table} to voca_app, voca_system`,
];

const STATEMENTS = [
  // Counted by the last statement of a transaction and held until it commits: whoever reads events in
  // this order has seen all before the newest one. (A sequence would let a later number commit first.)
  `create table event_positions (
    workspace_id text collate "C" primary key references workspaces (id),
    last bigint not null
  )`,

  // The outbox: written in the transaction of what it tells of.
  `create table events (
    id text collate "C" primary key,
    workspace_id text collate "C" not null references workspaces (id),
    position bigint not null,
    type text not null,
    call_id text collate "C",
    sequence integer,
    occurred_at timestamptz(3) not null,
    created_at timestamptz(3) not null default now(),
    data jsonb not null
  )`,
  `create unique index events_in_order on events (workspace_id, position)`,
  `create unique index events_of_call on events (call_id, sequence) where call_id is not null`,
  `create index events_newest on events (workspace_id, created_at desc, id desc)`,
  `create index events_by_type on events (workspace_id, type, created_at desc, id desc)`,
  `create index events_age on events (created_at)`,

  `create table webhook_endpoints (
    id text collate "C" primary key,
    workspace_id text collate "C" not null references workspaces (id),
    url text not null,
    description text,
    events text[] not null,
    api_version text not null,
    max_per_second integer not null check (max_per_second > 0),
    metadata jsonb not null default '{}',
    status text not null default 'enabled' check (status in ('enabled', 'disabled')),
    disabled_reason text,
    disabled_at timestamptz(3),
    secret text not null,
    previous_secret text,
    previous_secret_until timestamptz(3),
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    deleted_at timestamptz(3)
  )`,
  `create index webhook_endpoints_newest on webhook_endpoints (workspace_id, created_at desc, id desc)`,

  // How it goes with an endpoint; apart from it, as it changes all the time.
  `create table webhook_dispatch (
    endpoint_id text collate "C" primary key references webhook_endpoints (id) on delete cascade,
    workspace_id text collate "C" not null references workspaces (id),
    busy_until timestamptz,
    failures integer not null default 0,
    failing_since timestamptz(3)
  )`,

  `create table deliveries (
    id text collate "C" primary key,
    workspace_id text collate "C" not null references workspaces (id),
    endpoint_id text collate "C" not null references webhook_endpoints (id) on delete cascade,
    event_id text collate "C" not null references events (id) on delete cascade,
    event_type text not null,
    position bigint not null,
    lane text collate "C",
    status text not null default 'pending'
      check (status in ('pending', 'retrying', 'succeeded', 'failed')),
    reason text,
    attempt_count integer not null default 0,
    attempts jsonb not null default '[]',
    next_attempt_at timestamptz(3),
    handed_over boolean not null default false,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    finished_at timestamptz(3)
  )`,
  `create unique index deliveries_once on deliveries (endpoint_id, event_id)`,
  `create index deliveries_of_event on deliveries (event_id)`,
  // In the order in which they are sent.
  `create index deliveries_waiting on deliveries (endpoint_id, attempt_count, position)
    where status = 'pending'`,
  `create index deliveries_retrying on deliveries (endpoint_id) where status = 'retrying'`,
  `create index deliveries_newest on deliveries (workspace_id, endpoint_id, created_at desc, id desc)`,
  `create index deliveries_by_status
    on deliveries (workspace_id, endpoint_id, status, created_at desc, id desc)`,
  `create index deliveries_by_type on deliveries (endpoint_id, event_type, created_at desc, id desc)`,

  // Who answers a call may be asked of the customer's server when it comes.
  `alter table phone_numbers
    add column assistant_request_url text,
    add column assistant_request_secret text`,

  // When its end was told; what was over before there were events is not told any more.
  `alter table sessions add column ended_at timestamptz(3)`,
  `update sessions set ended_at = coalesce(closed_at, expires_at)
    where closed_at is not null or expires_at < now()`,
  `create index sessions_to_end on sessions (expires_at) where ended_at is null`,

  ...['event_positions', 'events', 'webhook_endpoints', 'webhook_dispatch', 'deliveries'].flatMap(
    isolate,
  ),
];

/** Events that customers are told of, the endpoints that want them, and what became of each delivery. */
export const events: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
