/**
 * Who sees to an endpoint: a lease (`webhook_dispatch.busy_until`) that whoever sends to it extends, and gives
 * back. Who takes it anew: `dispatch-claims.ts`.
 */
import { sql } from 'kysely';
import type { Database } from './pool.ts';

export interface EndpointRef {
  workspaceId: string;
  endpointId: string;
}

/** Nobody else is to see to it for so long. */
export async function hold(
  system: Database,
  { workspaceId, endpointId }: EndpointRef,
  forMs: number,
): Promise<void> {
  await sql`
    insert into webhook_dispatch as at (endpoint_id, workspace_id, busy_until)
    select id, workspace_id, now() + ${forMs} * interval '1 millisecond'
    from webhook_endpoints where id = ${endpointId} and workspace_id = ${workspaceId}
    on conflict (endpoint_id) do update set busy_until = excluded.busy_until`.execute(system);
}

/**
 * Gives it back. What is written from now on is found by whoever looks for endpoints that nobody sees to;
 * what was written before is found here.
 * @returns whether something waits, and it was taken again for `takeAgainMs`
 */
export async function release(
  system: Database,
  { workspaceId, endpointId }: EndpointRef,
  takeAgainMs: number,
): Promise<boolean> {
  // With nothing left to try, later failures are another story than those before.
  await sql`
    update webhook_dispatch set
      busy_until = null,
      failing_since = case when exists (
        select from deliveries where endpoint_id = ${endpointId} and status = 'retrying')
        then failing_since end
    where endpoint_id = ${endpointId} and workspace_id = ${workspaceId}`.execute(system);
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
