/** The webhook endpoints of a workspace. What is sent to them: see `deliveries.ts`. */
import { sql } from 'kysely';
import type { Updateable } from 'kysely';
import { endAll, hurry } from './deliveries.ts';
import { holdOutbox } from './outbox.ts';
import { pageOf, positionOf as placeOf } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import type { Schema } from './schema.ts';
import type { Scope } from './scope.ts';
import { columnsOf, presentEndpoint } from './webhook-endpoint-row.ts';
import type { EndpointContent, StoredEndpoint } from './webhook-endpoint-row.ts';

export interface NewEndpoint extends EndpointContent {
  id: string;
  apiVersion: string;
  /** Sealed. */
  secret: string;
}

/** @returns `too-many` when the workspace has as many as it may. */
export async function insert(
  scope: Scope,
  endpoint: NewEndpoint,
  atMost: number,
): Promise<StoredEndpoint | 'too-many'> {
  const { workspaceId, trx } = scope;
  // Nobody else adds one between the count and the commit.
  await holdOutbox(scope);
  const { count } = await trx
    .selectFrom('webhook_endpoints')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (count >= atMost) return 'too-many';
  const { id, apiVersion, secret, ...content } = endpoint;
  await trx
    .insertInto('webhook_endpoints')
    .values({
      id,
      workspace_id: workspaceId,
      api_version: apiVersion,
      secret,
      ...columnsOf(content),
      disabled_reason: null,
      disabled_at: content.status === 'disabled' ? new Date() : null,
      previous_secret: null,
    })
    .execute();
  return again(scope, id);
}

/**
 * @param options.lock nobody else changes it until the transaction ends; events are written all the same.
 * To be locked before the outbox is.
 */
export async function find(
  scope: Scope,
  id: string,
  { lock = false }: { lock?: boolean } = {},
): Promise<StoredEndpoint | undefined> {
  if (lock) {
    // Not `for update`: whoever writes a delivery holds the row's key.
    await sql`select from webhook_endpoints where workspace_id = ${scope.workspaceId}
      and id = ${id} for no key update`.execute(scope.trx);
  }
  const row = await visible(scope).where('id', '=', id).executeTakeFirst();
  return row && presentEndpoint(row);
}

export function page(scope: Scope, request: PageRequest): Promise<Page<StoredEndpoint>> {
  return pageOf(visible(scope), request, presentEndpoint);
}

export function positionOf(scope: Scope, id: string): Promise<Position | undefined> {
  return placeOf(scope, 'webhook_endpoints', id);
}

/**
 * Puts `content` in place of what was there. With `disabled`, what waits to be sent fails; with `enabled`
 * in the place of it, its failures are forgotten, and that it was to be left alone.
 * @param before as {@link find} has locked it
 */
export async function update(
  scope: Scope,
  before: StoredEndpoint,
  content: EndpointContent,
): Promise<StoredEndpoint> {
  const { id } = before;
  if (before.status !== content.status) {
    if (content.status === 'disabled') return disable(scope, before, null, content);
    await forgetFailures(scope, id);
  }
  await holdOutbox(scope);
  await change(scope, id, {
    ...columnsOf(content),
    ...(content.status === 'enabled' && { disabled_reason: null, disabled_at: null }),
  });
  if (before.url !== content.url) await hurry(scope, id);
  return again(scope, id);
}

/**
 * Sends it nothing more; what waits fails. The events of this are the caller's to write.
 * @param before as {@link find} has locked it
 * @param reason null: its owner wants it
 */
export async function disable(
  scope: Scope,
  before: StoredEndpoint,
  reason: StoredEndpoint['disabledReason'],
  content?: EndpointContent,
): Promise<StoredEndpoint> {
  await stop(scope, before.id, {
    ...(content && columnsOf(content)),
    status: 'disabled',
    disabled_reason: reason,
    disabled_at: new Date(),
  });
  return again(scope, before.id);
}

/** Hides it, forgets its secrets, and ends what waits. @param before as {@link find} has locked it */
export async function softDelete(scope: Scope, { id }: StoredEndpoint): Promise<void> {
  const noSecret = { secret: '', previous_secret: null, previous_secret_until: null };
  await stop(scope, id, { ...noSecret, deleted_at: new Date() });
}

/**
 * Another secret from now on; the one before it signs, too, for a while.
 * @param before as {@link find} has locked it
 * @param secret sealed
 */
export async function rollSecret(
  scope: Scope,
  { id }: StoredEndpoint,
  secret: string,
  overlapMs: number,
): Promise<StoredEndpoint> {
  const isOver = overlapMs === 0;
  await scope.trx
    .updateTable('webhook_endpoints')
    .set({
      secret,
      previous_secret: isOver ? null : sql<string>`secret`,
      previous_secret_until: isOver ? null : new Date(Date.now() + overlapMs),
      updated_at: new Date(),
    })
    .where('workspace_id', '=', scope.workspaceId)
    .where('id', '=', id)
    .execute();
  return again(scope, id);
}

/** The long part of it goes first, while events are still written. */
async function stop(scope: Scope, id: string, changes: Changes): Promise<void> {
  await endAll(scope, id);
  await holdOutbox(scope);
  await change(scope, id, changes);
  await endAll(scope, id);
}

type Changes = Updateable<Schema['webhook_endpoints']>;

async function change({ workspaceId, trx }: Scope, id: string, changes: Changes): Promise<void> {
  await trx
    .updateTable('webhook_endpoints')
    .set({ ...changes, updated_at: new Date() })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

async function forgetFailures({ workspaceId, trx }: Scope, id: string): Promise<void> {
  await trx
    .updateTable('webhook_dispatch')
    .set({ failures: 0, failing_since: null, busy_until: null })
    .where('workspace_id', '=', workspaceId)
    .where('endpoint_id', '=', id)
    .execute();
}

async function again(scope: Scope, id: string): Promise<StoredEndpoint> {
  const row = await visible(scope).where('id', '=', id).executeTakeFirstOrThrow();
  return presentEndpoint(row);
}

function visible({ workspaceId, trx }: Scope) {
  return trx
    .selectFrom('webhook_endpoints')
    .selectAll()
    .select((row) => [
      dispatch<number>(row.ref('id'), 'failures').as('failures'),
      dispatch<Date>(row.ref('id'), 'failing_since').as('failing_since'),
    ])
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null);
}

/** Of how it goes; null when nothing was ever sent to it. */
function dispatch<T>(id: unknown, column: 'failures' | 'failing_since') {
  return sql<T | null>`(select ${sql.ref(column)} from webhook_dispatch where endpoint_id = ${id})`;
}
