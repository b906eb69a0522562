import { sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';

/**
 * Two roles, shared by all databases of a cluster. `voca_app` sees the rows of the workspace that its
 * transaction has named and no others; `voca_system` sees all, for the few questions that come before
 * a workspace is known (whose key is this, whose number was called) and for the housekeeping.
 */
const ROLES = ['voca_app', 'voca_system'] as const;

/**
 * Another database of the cluster may be making them at this moment. Whoever migrates must be able to
 * become them; what PostgreSQL calls that depends on its version.
 */
const makeRole = (role: string) => `do $$
declare
  membership text := case
    when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member'
  end;
begin
  if not exists (select from pg_roles where rolname = '${role}') then
    begin
      create role ${role} nologin;
    exception when duplicate_object or unique_violation then null;
    end;
  end if;
  if not pg_has_role(current_user, '${role}', membership) then
    execute format('grant ${role} to %I', current_user);
  end if;
exception when insufficient_privilege then
  raise exception 'the role ${role} is missing, or % may not become it', current_user
    using errcode = 'insufficient_privilege',
    hint = 'As a superuser: ${ROLES.map((each) => `create role ${each} nologin`).join('; ')}; grant '
      || '${ROLES.join(', ')} to ' || quote_ident(current_user);
end $$`;

/** What was there before there were workspaces belongs to the first one. */
const FIRST = `'ws_default'`;

/** Large, perhaps: all that takes long is done to these, while assistants can still be read. */
const RECORDS = ['calls', 'turns', 'call_events'];
/** Read while a caller waits: locked last and for a moment, not while calls are given their indexes. */
const READ_BY_CALLS = ['assistants', 'assistant_versions', 'phone_numbers'];
const NEW_OWNED = ['sessions', 'api_keys', 'idempotency_records'];

/**
 * The default stays, for the version before this one, which may still run and knows no workspaces. Our own
 * processes cannot forget to name one: `voca_app` may not write into a workspace that it has not entered.
 */
const giveWorkspace = (table: string) =>
  `alter table ${table} add column workspace_id text collate "C" not null default ${FIRST}`;

const belongToWorkspaces = (table: string) =>
  `alter table ${table} add foreign key (workspace_id) references workspaces (id)`;

const isolate = (table: string, column: string) => [
  `alter table ${table} enable row level security`,
  `create policy own_workspace on ${table} to voca_app
    using (${column} = current_setting('voca.workspace', true))
    with check (${column} = current_setting('voca.workspace', true))`,
  `create policy everything on ${table} to voca_system using (true) with check (true)`,
  `grant select, insert, update, delete on ${table} to voca_app, voca_system`,
];

const STATEMENTS = [
  ...ROLES.map(makeRole),
  `create table workspaces (
    id text collate "C" primary key,
    name text not null,
    retention_days integer check (retention_days > 0),
    session_idle_hours integer not null default 24 check (session_idle_hours > 0),
    limits jsonb not null default '{}',
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  `insert into workspaces (id, name) values (${FIRST}, 'Default')`,
  ...RECORDS.map(giveWorkspace),
  belongToWorkspaces('calls'),
  // Times are compared with those of cursors, which know milliseconds.
  `alter table calls
    alter column created_at type timestamptz(3),
    alter column ended_at type timestamptz(3),
    add column session_id text collate "C",
    add column phone_number_id text collate "C",
    add column metadata jsonb not null default '{}',
    add column summary text,
    add column deleted_at timestamptz(3),
    add column erased_at timestamptz(3)`,
  `drop index calls_newest`,
  `create index calls_newest on calls (workspace_id, created_at desc, id desc)`,
  ...['status', 'direction', 'end_reason', 'assistant_id', 'phone_number_id', 'session_id'].map(
    (column) =>
      `create index calls_by_${column} on calls (workspace_id, ${column}, created_at desc, id desc)`,
  ),
  ...['from_number', 'to_number'].map(
    (column) =>
      `create index calls_by_${column} on calls (workspace_id, ${column}, created_at desc, id desc)`,
  ),
  // For what is to be erased in time; a call whose end nobody recorded is counted from its beginning.
  `create index calls_over on calls (workspace_id, (coalesce(ended_at, created_at)))
    where erased_at is null`,

  `create table sessions (
    id text collate "C" primary key,
    workspace_id text collate "C" not null references workspaces (id),
    assistant_id text collate "C" not null,
    customer_number text,
    summary text,
    summarized_at timestamptz(3),
    call_count integer not null default 0,
    created_at timestamptz(3) not null,
    last_active_at timestamptz(3) not null,
    expires_at timestamptz(3) not null,
    closed_at timestamptz(3),
    forgotten_at timestamptz(3),
    deleted_at timestamptz(3)
  )`,
  `create index sessions_newest on sessions (workspace_id, created_at desc, id desc)`,
  ...['assistant_id', 'customer_number'].map(
    (column) =>
      `create index sessions_by_${column} on sessions (workspace_id, ${column}, created_at desc, id desc)`,
  ),
  `create index sessions_expiry on sessions (workspace_id, expires_at)`,
  `create index sessions_open on sessions (workspace_id, assistant_id, customer_number, expires_at desc)`,

  `create table api_keys (
    id text collate "C" primary key,
    workspace_id text collate "C" not null references workspaces (id),
    name text not null,
    mode text not null check (mode in ('live', 'test')),
    hash bytea not null unique,
    last_four text not null,
    scopes text[] not null,
    created_at timestamptz(3) not null default now(),
    expires_at timestamptz(3),
    last_used_at timestamptz(3),
    revoked_at timestamptz(3),
    rolled_from text collate "C"
  )`,
  `create index api_keys_newest on api_keys (workspace_id, created_at desc, id desc)`,

  // The key that a client has chosen is kept as a hash: it may open what is sealed in the answer.
  `create table idempotency_records (
    workspace_id text collate "C" not null references workspaces (id),
    key_hash bytea not null,
    request_hash bytea not null,
    state text not null check (state in ('running', 'done')),
    locked_until timestamptz(3) not null,
    status integer,
    headers jsonb,
    body text,
    sealed_for text collate "C",
    created_at timestamptz(3) not null default now(),
    primary key (workspace_id, key_hash)
  )`,
  `create index idempotency_records_age on idempotency_records (created_at)`,

  // Not worth a place in the log: after a crash everybody begins with a full bucket.
  `create unlogged table rate_buckets (
    name text collate "C" primary key,
    tokens double precision not null,
    taken integer not null,
    at timestamptz not null default clock_timestamp()
  )`,

  `grant select, insert, update, delete on rate_buckets to voca_system`,
  ...isolate('workspaces', 'id'),
  ...[...RECORDS, ...NEW_OWNED].flatMap((table) => isolate(table, 'workspace_id')),

  ...READ_BY_CALLS.map(giveWorkspace),
  ...['assistants', 'phone_numbers'].map(belongToWorkspaces),
  ...['assistants', 'phone_numbers'].map(
    (table) => `alter table ${table}
      alter column created_at type timestamptz(3),
      alter column updated_at type timestamptz(3),
      add column deleted_at timestamptz(3)`,
  ),
  `create index assistants_newest on assistants (workspace_id, created_at desc, id desc)`,

  `alter table phone_numbers
    add column label text,
    add column carrier_sid text,
    add column webhook_check jsonb,
    drop constraint phone_numbers_number_key`,
  // One account at Twilio serves all workspaces: a number has one owner.
  `create unique index phone_numbers_number on phone_numbers (number) where deleted_at is null`,
  `create index phone_numbers_newest on phone_numbers (workspace_id, created_at desc, id desc)`,
  ...READ_BY_CALLS.flatMap((table) => isolate(table, 'workspace_id')),
];

/** Workspaces, and what they own: isolated twice, by every query and by row-level security. */
export const workspaces: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
