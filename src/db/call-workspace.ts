/** Whose call it is: asked of all workspaces, before one is known. */
import { sql } from 'kysely';
import type { RecordBatch } from '../../workflows/events.ts';
import { DatabaseError, translated } from './errors.ts';
import type { Database } from './pool.ts';
import { FIRST_WORKSPACE } from './scope.ts';

/**
 * Once it is recorded, as it is recorded. Before that: whoever placed it, else the owner of the
 * assistant, else the owner of our number.
 * @throws {DatabaseError} `too-early` when it neither is recorded nor begins with this batch.
 */
export async function workspaceOfBatch(system: Database, batch: RecordBatch): Promise<string> {
  const created = batch.events.find((event) => event.type === 'call.created');
  const call = created?.call;
  const given = call?.workspaceId ?? created?.assistant?.workspaceId ?? null;
  const ourNumber = (call?.direction === 'inbound' ? call.to : call?.from) ?? null;
  const { recorded, owner } = await translated('Finding the workspace of a call', async () => {
    const { rows } = await sql<{ recorded: string | null; owner: string | null }>`
      select (select workspace_id from calls where id = ${batch.callId}) as recorded,
        (select workspace_id from phone_numbers
          where number = ${ourNumber} and deleted_at is null) as owner`.execute(system);
    return rows[0] ?? { recorded: null, owner: null };
  });
  if (recorded !== null) return recorded;
  // Tried again, it finds the row that the batch before it makes.
  if (!created) {
    throw new DatabaseError('Recording a call: its beginning is not recorded', 'too-early', true);
  }
  return given ?? owner ?? FIRST_WORKSPACE;
}

/** Undefined when nothing of it is recorded. */
export function workspaceOfCall(system: Database, callId: string): Promise<string | undefined> {
  return translated('Finding the workspace of a call', async () => {
    const row = await system
      .selectFrom('calls')
      .select('workspace_id')
      .where('id', '=', callId)
      .executeTakeFirst();
    return row?.workspace_id;
  });
}
