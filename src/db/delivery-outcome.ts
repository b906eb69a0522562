/** Writes what an attempt came to: for its delivery, and for how its endpoint is doing. */
import { sql } from 'kysely';
import type { DeliveryAttempt } from './delivery-attempt.ts';
import type { EndpointRef } from './endpoint-lease.ts';
import { storable, toJson } from './json.ts';
import type { Database } from './pool.ts';
import type { QueuedDelivery } from './waiting-deliveries.ts';

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

/** @returns undefined: somebody else has written an outcome meanwhile, or it is not to be sent any more. */
export async function settle(
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
