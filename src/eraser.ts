/** The real parts behind erasing, and what starts it by itself. */
import type { Client } from '@temporalio/client';
import { createErasing } from '../activities/erasing.ts';
import type { ErasingActivities } from '../activities/erasing.ts';
import type { Config } from './config.ts';
import * as events from './db/events.ts';
import * as idempotency from './db/idempotency.ts';
import type { Database } from './db/pool.ts';
import * as rateBuckets from './db/rate-buckets.ts';
import { dueForErasure } from './db/retention.ts';
import { inWorkspace } from './db/scope.ts';
import { callsToErase } from './db/session-calls.ts';
import * as sessions from './db/sessions.ts';
import { eraseCall } from './erase-call.ts';
import { tellSessionEnd } from './http/api/events/session-ends.ts';
import type { Log } from './log.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';
import { keepRetentionSchedule } from './temporal/schedules.ts';

/** Budgets are whole again after a minute. */
const BUCKET_UNUSED_MS = 3_600_000;
const SCHEDULE_MS = 30_000;

/**
 * @param system sees all workspaces
 * @param client must not repeat requests by itself, see `linkToTemporal`
 */
export function buildEraser(system: Database, client: Client, log: Log): ErasingActivities {
  return createErasing({
    erase: async ({ workspaceId, callId }) =>
      (await eraseCall({ client, database: system, workspaceId }, callId)).result,
    forgetSession: ({ workspaceId, sessionId }) =>
      inWorkspace(system, workspaceId, 'Forgetting a session', async (scope) => {
        await sessions.close(scope, sessionId);
        await sessions.forget(scope, sessionId);
        await tellSessionEnd(scope, sessionId);
      }),
    callsOf: async ({ workspaceId, sessionId }, limit) => {
      const ids = await inWorkspace(system, workspaceId, 'Finding calls to erase', (scope) =>
        callsToErase(scope, sessionId, limit),
      );
      return ids.map((callId) => ({ workspaceId, callId }));
    },
    due: (limit) => dueForErasure(system, limit),
    removeOld: async () => {
      await idempotency.purge(system);
      await rateBuckets.purge(system, BUCKET_UNUSED_MS);
      await events.purge(system);
    },
    onRetention: ({ erased, failed, error }) => {
      log.info('calls were erased that are kept no longer', { count: erased });
      if (failed === 0) return;
      log.warn('calls that are kept no longer are left for the next round', {
        count: failed,
        error,
      });
    },
  });
}

/** One worker is enough to get it done. */
export function scheduleRetention({ workers }: Config, log: Log, client: Client): void {
  persist(client, new Clock(SCHEDULE_MS), () => keepRetentionSchedule(client, workers.retentionMs))
    .then((done) => {
      if (done === TIMED_OUT) log.warn('the schedule of the retention was not looked at');
    })
    .catch((error: unknown) => {
      log.error('the schedule of the retention could not be made', { error });
    });
}
