/** What the database and Temporal say of deliveries under way, and what they cost. */
import { sql } from 'kysely';
import type { Database } from '../../db/pool.ts';
import type { TemporalLink } from '../../temporal/connection.ts';
import { pause } from '../play-call.ts';

const LOOK_AGAIN_MS = 250;

/** @param endpointId left out: of all endpoints */
export async function waitingFor(owner: Database, endpointId?: string): Promise<number> {
  let query = owner
    .selectFrom('deliveries')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('status', 'in', ['pending', 'retrying']);
  if (endpointId !== undefined) query = query.where('endpoint_id', '=', endpointId);
  return (await query.executeTakeFirstOrThrow()).count;
}

/** @returns how many still wait when the time is up, or when it was stopped */
export async function untilNoneWaits(
  owner: Database,
  { endpointId, withinMs, stopping, onLook }: Waiting,
): Promise<number> {
  const end = Date.now() + withinMs;
  for (;;) {
    const waiting = await waitingFor(owner, endpointId);
    onLook?.(waiting);
    if (waiting === 0 || Date.now() > end || stopping.aborted) return waiting;
    await pause(LOOK_AGAIN_MS, stopping);
  }
}

/** Until all calls are recorded to their ends, and nothing waits. @returns how much still does */
export async function untilAllIsTold(
  owner: Database,
  { withinMs, stopping }: Pick<Waiting, 'withinMs' | 'stopping'>,
): Promise<number> {
  const end = Date.now() + withinMs;
  for (;;) {
    const { open } = await owner
      .selectFrom('calls')
      .select(sql<number>`count(*)::int`.as('open'))
      .where('status', '!=', 'ended')
      .executeTakeFirstOrThrow();
    const left = open + (await waitingFor(owner));
    if (left === 0 || Date.now() > end || stopping.aborted) return left;
    await pause(LOOK_AGAIN_MS, stopping);
  }
}

export interface Waiting {
  endpointId?: string;
  withinMs: number;
  stopping: AbortSignal;
  onLook?: (waiting: number) => void;
}

export interface Stored {
  /** Rows of the outbox and of deliveries. */
  rows: number;
  /** Of these tables and their indexes, with what is dead in them. */
  bytes: number;
}

export async function storedOf(owner: Database): Promise<Stored> {
  const { rows } = await sql<{ rows: number; bytes: number }>`
    select (select count(*) from events)::int + (select count(*) from deliveries)::int as rows,
      (pg_total_relation_size('events') + pg_total_relation_size('deliveries'))::float8 as bytes
  `.execute(owner);
  return rows[0] ?? { rows: 0, bytes: 0 };
}

export interface Histories {
  /** Runs of the workflows that send. */
  runs: number;
  events: number;
}

const SENDING = `WorkflowType IN ('dispatchWebhooks', 'deliverWebhook')`;

/** All that Temporal has ever kept of sending. */
export async function historiesOf(client: TemporalLink['client']): Promise<Histories> {
  const total = { runs: 0, events: 0 };
  for await (const { workflowId, runId, historyLength, status } of client.workflow.list({
    query: SENDING,
  })) {
    total.runs += 1;
    total.events +=
      status.name === 'RUNNING'
        ? (await client.workflow.getHandle(workflowId, runId).describe()).historyLength
        : historyLength;
  }
  return total;
}

/** The workflows that send, of this moment. */
async function sendingNow(client: TemporalLink['client']): Promise<number> {
  return (await client.workflow.count(`${SENDING} AND ExecutionStatus = 'Running'`)).count;
}

/** Waits until they have ended, and written all that they cost. @returns how many have not in time */
export async function untilNobodySends(
  client: TemporalLink['client'],
  { withinMs, stopping }: Pick<Waiting, 'withinMs' | 'stopping'>,
): Promise<number> {
  const end = Date.now() + withinMs;
  for (;;) {
    const running = await sendingNow(client);
    if (running === 0 || Date.now() > end || stopping.aborted) return running;
    await pause(LOOK_AGAIN_MS, stopping);
  }
}

/** When each attempt at a delivery to an endpoint was made, as its log says; milliseconds since 1970. */
export async function attemptTimes(owner: Database, endpointId: string): Promise<number[]> {
  const rows = await owner
    .selectFrom('deliveries')
    .select('attempts')
    .where('endpoint_id', '=', endpointId)
    .execute();
  return rows.flatMap(({ attempts }) =>
    (attempts as { at: string }[]).map(({ at }) => Date.parse(at)),
  );
}
