/**
 * What waits to be sent to webhook endpoints, for those who send it: in all workspaces, as the housekeeping
 * sees them. What customers see and ask for: `deliveries.ts`.
 *
 * A claim is a lease on the endpoint (`webhook_dispatch.busy_until`); rows stay `pending` until the outcome
 * of an attempt is written, so whatever dies meanwhile, they are sent by the next one. An outcome names the
 * count of attempts that it follows on: of two senders that do not know of each other, one is heard.
 */
import { sql } from 'kysely';
import type { Selectable } from 'kysely';
import * as deliveries from './deliveries.ts';
import type { DeliveryAttempt } from './delivery-attempt.ts';
import { translated } from './errors.ts';
import { storable, toJson } from './json.ts';
import { emit } from './outbox.ts';
import type { NewEvent } from './outbox.ts';
import type { Database } from './pool.ts';
import type { DeliveryStatus, Schema } from './schema.ts';
import { inWorkspace } from './scope.ts';
import * as endpoints from './webhook-endpoints.ts';
import type { StoredEndpoint } from './webhook-endpoints.ts';

export interface EndpointRef {
  workspaceId: string;
  endpointId: string;
}

/** An endpoint as a sender needs it. */
export interface SendingEndpoint extends EndpointRef {
  url: string;
  apiVersion: string;
  maxPerSecond: number;
  /** Sealed; all of them sign. */
  secrets: string[];
  /** Attempts in a row that have failed. */
  failures: number;
}

export interface QueuedDelivery {
  deliveryId: string;
  /** Attempts that were made. */
  attempts: number;
  /** Deliveries of one lane are not sent at the same time. */
  lane?: string;
  event: {
    id: string;
    type: string;
    /** RFC 3339 with milliseconds. */
    occurredAt: string;
    callId?: string;
    sequence?: number;
    data: unknown;
  };
}

/** Where one of them stands. */
export interface Standing {
  deliveryId: string;
  eventType: string;
  status: DeliveryStatus;
  attempts: number;
  newest?: DeliveryAttempt;
  /** RFC 3339. */
  nextAt?: string;
}

/** What an attempt came to. */
export interface AttemptOutcome {
  status: 'retrying' | 'succeeded' | 'failed';
  attempt: DeliveryAttempt;
  /** RFC 3339; of one that is `retrying`. */
  nextAt?: string;
  /** How many failures in a row count for the endpoint at most; it is 0 again after a success. */
  failuresAtMost: number;
}

export interface Settled {
  /** A workflow of its own holds its retries. */
  handedOver: boolean;
  failures: number;
  /** RFC 3339; since then there was no success. */
  failingSince?: string;
}

/** So many are kept of each delivery. */
const ATTEMPTS_KEPT = 20;
/** The part of the time between two attempts after which the receiver's return ends it. */
const SLEPT = 0.05;
/** Two clocks, Temporal's and PostgreSQL's, say when one is due. */
const DUE_EARLY_MS = 1000;

export type DeliveryQueue = ReturnType<typeof createDeliveryQueue>;

/** All of it throws {@link DatabaseError}. @param system sees all workspaces */
export function createDeliveryQueue(system: Database) {
  return {
    /** Nobody else is to see to it for so long. */
    async hold({ workspaceId, endpointId }: EndpointRef, forMs: number): Promise<void> {
      await translated('Holding an endpoint', () =>
        sql`
          insert into webhook_dispatch as at (endpoint_id, workspace_id, busy_until)
          select id, workspace_id, now() + ${forMs} * interval '1 millisecond'
          from webhook_endpoints where id = ${endpointId} and workspace_id = ${workspaceId}
          on conflict (endpoint_id) do update set busy_until = excluded.busy_until`.execute(system),
      );
    },

    /** Undefined: it is deleted or disabled, or was never there. */
    endpoint: (ref: EndpointRef) =>
      translated('Reading an endpoint', () => endpointOf(system, ref)),

    /** The oldest of those that wait. */
    pending: (ref: EndpointRef, limit: number) =>
      translated('Reading what waits', () => pendingOf(system, ref, limit)),

    /** Those that are to be sent again and have no workflow; without those of `except`. */
    orphans: (ref: EndpointRef, limit: number, except: readonly string[]) =>
      translated('Reading retries', () => orphansOf(system, ref, limit, except)),

    /** @returns undefined: somebody else has written an outcome meanwhile, or it is not to be sent any more. */
    settle: (ref: EndpointRef, delivery: QueuedDelivery, outcome: AttemptOutcome) =>
      translated('Writing the outcome of a delivery', () => settle(system, ref, delivery, outcome)),

    /**
     * What sleeps between two attempts is due now, if a part of its time is over: a receiver that takes
     * some events and refuses others, again and again, does not use up the plans of these.
     */
    async wakeRetries({ workspaceId, endpointId }: EndpointRef): Promise<void> {
      await translated('Waking retries', () =>
        sql`
          update deliveries set status = 'pending', next_attempt_at = null, updated_at = now()
          where workspace_id = ${workspaceId} and endpoint_id = ${endpointId}
            and status = 'retrying'
            and now() - updated_at >= ${SLEPT} * (next_attempt_at - updated_at)`.execute(system),
      );
    },

    /**
     * Gives it back. What is written from now on is found by whoever looks for endpoints that nobody sees
     * to; what was written before is found here.
     * @param heldMs nobody is to see to it for so long
     * @returns whether something waits, and it was taken again for so long
     */
    release: (ref: EndpointRef, heldMs: number, takeAgainMs: number) =>
      translated('Giving an endpoint back', () => release(system, ref, heldMs, takeAgainMs)),

    /** What waits for one that is deleted or disabled fails. */
    endAll: ({ workspaceId, endpointId }: EndpointRef) =>
      inWorkspace(system, workspaceId, 'Ending deliveries', (scope) =>
        deliveries.endAll(scope, endpointId),
      ),

    /** Once, however often it is asked for. @param eventOf what is told of it, when it is done */
    disable: (
      { workspaceId, endpointId }: EndpointRef,
      reason: 'failing' | 'gone',
      eventOf: (endpoint: StoredEndpoint) => NewEvent,
    ) =>
      inWorkspace(system, workspaceId, 'Disabling an endpoint', async (scope) => {
        const before = await endpoints.find(scope, endpointId, { lock: true });
        if (before?.status !== 'enabled') return false;
        const endpoint = await endpoints.disable(scope, before, reason);
        await emit(scope, [eventOf(endpoint)]);
        return true;
      }),

    /**
     * Its workflow is there. When it is due, it waits to be sent from now on.
     * @param ref.dueAt this time has come, RFC 3339; left out: PostgreSQL says what has
     */
    takeUp: (ref: EndpointRef & { deliveryId: string; dueAt?: string }) =>
      inWorkspace(system, ref.workspaceId, 'Taking up a delivery', async (scope) => {
        const isDue = isDueAt(ref.dueAt);
        const { rows } = await sql<StandingRow & { is_due: boolean }>`
          with found as (select id, status from deliveries where id = ${ref.deliveryId})
          update deliveries d set
            handed_over = d.status in ('pending', 'retrying'),
            status = case when ${isDue} then 'pending' else d.status end,
            next_attempt_at = case when ${isDue} then null else d.next_attempt_at end
          from found where d.id = found.id and d.workspace_id = ${ref.workspaceId}
          returning d.*, found.status = 'retrying' and d.status = 'pending' as is_due`.execute(
          scope.trx,
        );
        const [row] = rows;
        if (!row) return undefined;
        if (row.is_due) await deliveries.tellSenders(scope);
        return standingOf(row);
      }),
  };
}

async function endpointOf(
  system: Database,
  { workspaceId, endpointId }: EndpointRef,
): Promise<SendingEndpoint | undefined> {
  const row = await system
    .selectFrom('webhook_endpoints')
    .leftJoin('webhook_dispatch', 'webhook_dispatch.endpoint_id', 'webhook_endpoints.id')
    .select(['url', 'api_version', 'max_per_second', 'secret', 'previous_secret'])
    .select(['previous_secret_until', 'failures'])
    .where('webhook_endpoints.id', '=', endpointId)
    .where('webhook_endpoints.workspace_id', '=', workspaceId)
    .where('status', '=', 'enabled')
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  const { previous_secret: previous, previous_secret_until: until } = row;
  const both = previous !== null && until !== null && until.getTime() > Date.now();
  return {
    workspaceId,
    endpointId,
    url: row.url,
    apiVersion: row.api_version,
    maxPerSecond: row.max_per_second,
    secrets: both ? [row.secret, previous] : [row.secret],
    failures: row.failures ?? 0,
  };
}

async function pendingOf(
  system: Database,
  { endpointId }: EndpointRef,
  limit: number,
): Promise<QueuedDelivery[]> {
  const rows = await system
    .selectFrom('deliveries')
    .innerJoin('events', 'events.id', 'deliveries.event_id')
    .select(['deliveries.id', 'attempt_count', 'lane'])
    .select(['event_id', 'type', 'occurred_at', 'call_id', 'sequence', 'data'])
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', 'pending')
    .orderBy('deliveries.position')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    deliveryId: row.id,
    attempts: row.attempt_count,
    ...(row.lane !== null && { lane: row.lane }),
    event: {
      id: row.event_id,
      type: row.type,
      occurredAt: row.occurred_at.toISOString(),
      ...(row.call_id !== null && { callId: row.call_id }),
      ...(row.sequence !== null && { sequence: row.sequence }),
      data: row.data,
    },
  }));
}

async function orphansOf(
  system: Database,
  { endpointId }: EndpointRef,
  limit: number,
  except: readonly string[],
): Promise<Standing[]> {
  let query = system
    .selectFrom('deliveries')
    .selectAll()
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', 'retrying')
    .where('handed_over', '=', false)
    .limit(limit);
  if (except.length > 0) query = query.where('id', 'not in', except);
  return (await query.execute()).map(standingOf);
}

async function settle(
  system: Database,
  { endpointId }: EndpointRef,
  { deliveryId, attempts }: QueuedDelivery,
  { status, attempt, nextAt, failuresAtMost }: AttemptOutcome,
): Promise<Settled | undefined> {
  const { answer, ...others } = attempt;
  const kept = toJson([{ ...others, ...(answer !== undefined && { answer: storable(answer) }) }]);
  const isOver = status !== 'retrying';
  const failed = status !== 'succeeded';
  const { rows } = await sql<{
    handed_over: boolean;
    failures: number | null;
    failing_since: Date | null;
  }>`
    with settled as (
      update deliveries set
        status = ${status},
        attempt_count = attempt_count + 1,
        attempts = (
          select coalesce(jsonb_agg(each order by nth), '[]') from (
            select * from jsonb_array_elements(attempts || ${kept}::jsonb)
              with ordinality as all_of_them (each, nth)
            order by nth desc limit ${ATTEMPTS_KEPT}) newest),
        next_attempt_at = ${nextAt ?? null},
        finished_at = ${isOver ? sql`now()` : null},
        updated_at = now()
      where id = ${deliveryId} and status = 'pending' and attempt_count = ${attempts}
      returning handed_over
    ),
    health as (
      update webhook_dispatch set
        failures = ${failed ? sql`greatest(failures, least(failures + 1, ${failuresAtMost}::int))` : 0},
        failing_since = ${failed ? sql`coalesce(failing_since, now())` : null}
      where endpoint_id = ${endpointId} and exists (select from settled)
        and (${failed} or failures > 0 or failing_since is not null)
      returning failures, failing_since
    )
    select handed_over, failures, failing_since from settled left join health on true`.execute(
    system,
  );
  const [row] = rows;
  return (
    row && {
      handedOver: row.handed_over,
      failures: row.failures ?? 0,
      ...(row.failing_since && { failingSince: row.failing_since.toISOString() }),
    }
  );
}

async function release(
  system: Database,
  { workspaceId, endpointId }: EndpointRef,
  heldMs: number,
  takeAgainMs: number,
): Promise<boolean> {
  // With nothing left to try, later failures are another story than those before.
  await sql`
    update webhook_dispatch set
      busy_until = ${heldMs > 0 ? sql`now() + ${heldMs} * interval '1 millisecond'` : null},
      failing_since = case when exists (
        select from deliveries where endpoint_id = ${endpointId} and status = 'retrying')
        then failing_since end
    where endpoint_id = ${endpointId} and workspace_id = ${workspaceId}`.execute(system);
  if (heldMs > 0) return false;
  // A statement of its own: it must see what was committed while the one above was.
  const { numAffectedRows = 0n } = await sql`
    update webhook_dispatch set busy_until = now() + ${takeAgainMs} * interval '1 millisecond'
    where endpoint_id = ${endpointId} and (busy_until is null or busy_until < now())
      and exists (
        select from deliveries where endpoint_id = ${endpointId} and status = 'pending')`.execute(
    system,
  );
  return numAffectedRows > 0n;
}

function isDueAt(time: string | undefined) {
  return sql<boolean>`(d.status = 'retrying' and (d.next_attempt_at is null or d.next_attempt_at <=
    greatest(now() + ${DUE_EARLY_MS} * interval '1 millisecond', ${time ?? null}::timestamptz)))`;
}

type StandingRow = Pick<
  Selectable<Schema['deliveries']>,
  'id' | 'event_type' | 'status' | 'attempt_count' | 'attempts' | 'next_attempt_at'
>;

function standingOf(row: StandingRow): Standing {
  const last = (row.attempts as DeliveryAttempt[]).at(-1); // written by us alone
  return {
    deliveryId: row.id,
    eventType: row.event_type,
    status: row.status,
    attempts: row.attempt_count,
    ...(last && { newest: last }),
    ...(row.next_attempt_at && { nextAt: row.next_attempt_at.toISOString() }),
  };
}
