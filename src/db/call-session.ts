/**
 * The session of a call: joined when it begins, moved on when it ends, summed up afterwards. Every step
 * depends on what is recorded alone, not on the order in which it came.
 */
import { sql } from 'kysely';
import type { CallEvent } from '../../workflows/events.ts';
import { clearSummaries } from './forget.ts';
import type { CallRow, SessionRow } from './schema.ts';
import type { Scope } from './scope.ts';
import { withheld } from './withheld.ts';

type NewEvents = ReadonlySet<CallEvent['type']>;

/**
 * @param call its row, locked, as the new events have left it
 * @returns its session, if it has one, and whether the call has opened it
 */
export async function followCall(
  scope: Scope,
  call: CallRow,
  fresh: NewEvents,
): Promise<{ sessionId: string; isOpened: boolean } | undefined> {
  const joins = fresh.has('call.created') || fresh.has('call.answered');
  const isNew = call.session_id === null && call.assistant_version !== null && joins;
  const found = isNew ? await findOpen(scope, call) : (call.session_id ?? undefined);
  const opened = isNew && found === undefined ? await open(scope, call) : undefined;
  const sessionId = found ?? opened;
  if (sessionId === undefined) return undefined;
  if (isNew) await join(scope, call, sessionId);
  if (isNew || fresh.has('call.ended')) await moveOn(scope, sessionId, call, isNew);
  if (fresh.has('call.ended') || fresh.has('call.summarized')) {
    await sumUp(scope, sessionId, call);
  }
  return { sessionId, isOpened: opened !== undefined };
}

/** The other side's number; null when it was withheld. */
function customerOf(call: Pick<CallRow, 'direction' | 'from_number' | 'to_number'>): string | null {
  const number = call.direction === 'inbound' ? call.from_number : call.to_number;
  return withheld(number) ? null : number;
}

async function join(scope: Scope, call: CallRow, sessionId: string): Promise<void> {
  await scope.trx
    .updateTable('calls')
    .set({ session_id: sessionId })
    .where('workspace_id', '=', scope.workspaceId)
    .where('id', '=', call.id)
    .execute();
}

/** The one that was open when the call began. */
async function findOpen(scope: Scope, call: CallRow): Promise<string | undefined> {
  const { workspaceId, trx } = scope;
  const customer = customerOf(call);
  if (customer === null || call.assistant_id === null) return undefined;
  // Two calls that begin at once must not both find none and make one each.
  const key = JSON.stringify(['session', workspaceId, call.assistant_id, customer]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(trx);
  const row = await trx
    .selectFrom('sessions')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('assistant_id', '=', call.assistant_id)
    .where('customer_number', '=', customer)
    .where('expires_at', '>', call.created_at)
    .where('deleted_at', 'is', null)
    // A call that is recorded long after it was made does not belong to what came long after it.
    .where('created_at', '<', idleAfter(scope, call.created_at))
    .orderBy('expires_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

async function open(scope: Scope, call: CallRow): Promise<string> {
  const id = sessionIdOf(call.id);
  await scope.trx
    .insertInto('sessions')
    .values({
      id,
      workspace_id: scope.workspaceId,
      assistant_id: call.assistant_id ?? '',
      customer_number: customerOf(call),
      created_at: call.created_at,
      last_active_at: call.created_at,
      expires_at: idleAfter(scope, call.created_at),
    })
    .execute();
  return id;
}

/** Named after the call that opened it: no other call ever does. */
function sessionIdOf(callId: string): string {
  return `sess_${callId.slice(callId.indexOf('_') + 1)}`;
}

/** The last sign of life of the session is this call's, if it is the newest. */
async function moveOn(
  scope: Scope,
  sessionId: string,
  call: CallRow,
  isNew: boolean,
): Promise<void> {
  const activeAt = call.ended_at ?? call.created_at;
  await scope.trx
    .updateTable('sessions')
    .set((is) => ({
      ...(isNew && { call_count: is('call_count', '+', 1) }),
      last_active_at: sql<Date>`greatest(last_active_at, ${activeAt})`,
      expires_at: sql<Date>`case when closed_at is null
        then greatest(expires_at, ${idleAfter(scope, activeAt)}) else expires_at end`,
      // Its end may have been told too soon: it goes on, and ends again.
      ended_at: sql<Date | null>`case when closed_at is null and deleted_at is null
        and ${idleAfter(scope, activeAt)} > greatest(expires_at, now()) then null else ended_at end`,
    }))
    .where('workspace_id', '=', scope.workspaceId)
    .where('id', '=', sessionId)
    .execute();
}

/** The summary of the call that ended last is the session's. */
async function sumUp(scope: Scope, sessionId: string, call: CallRow): Promise<void> {
  if (call.summary === null || call.ended_at === null) return;
  const { workspaceId, trx } = scope;
  const session: SessionRow | undefined = await trx
    .selectFrom('sessions')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sessionId)
    .forUpdate()
    .executeTakeFirst();
  if (!session) return;
  // It was made of what was said before, and some of that was erased since then.
  if (session.forgotten_at !== null && session.forgotten_at >= call.created_at) {
    return clearSummaries(scope, [call.id]);
  }
  if (session.summarized_at !== null && session.summarized_at > call.ended_at) return;
  await trx
    .updateTable('sessions')
    .set({ summary: call.summary, summarized_at: call.ended_at })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sessionId)
    .execute();
}

/** When a session is over after which nothing came, as the workspace has set it. */
function idleAfter({ workspaceId }: Scope, at: Date) {
  return sql<Date>`(${at}::timestamptz + make_interval(hours =>
    (select session_idle_hours from workspaces where id = ${workspaceId})))`;
}
