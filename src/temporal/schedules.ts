/** What Temporal starts by itself. */
import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';
import { TASK_QUEUE } from '../../workflows/contract.ts';
import type { ReconcileInput } from '../../workflows/reconcile.ts';
import type { reconcile } from '../../workflows/reconcile.ts';
import { SealedPayloadError } from '../sealing/index.ts';

export const RECONCILE_SCHEDULE = 'voca-reconcile';

/**
 * How one round is started. The grace is as long as the time between two rounds: younger calls are
 * left to their webhooks and callbacks. Between its two looks a round waits half of that.
 */
export function reconcileInput(everyMs: number): ReconcileInput {
  return { graceMs: everyMs, secondLookMs: Math.round(everyMs / 2) };
}

/** Longer than a round with all its retries; it would end a stuck one before it piles up. */
export const RECONCILE_TIMEOUT = '15 minutes';

/**
 * Makes the schedule of the reconciler what it should be, and nothing when it is that already.
 * Whoever paused it keeps it paused. Safe when several processes do it at once.
 * @param everyMs left out: takes it away.
 */
export async function keepReconcileSchedule(
  client: Client,
  everyMs: number | undefined,
  taskQueue: string = TASK_QUEUE,
): Promise<void> {
  const handle = client.schedule.getHandle(RECONCILE_SCHEDULE);
  if (everyMs === undefined) {
    await handle.delete().catch(ignoreMissing);
    return;
  }
  const wanted = scheduleOf(everyMs, taskQueue);
  try {
    await client.schedule.create({ scheduleId: RECONCILE_SCHEDULE, ...wanted });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    try {
      // The state is where somebody has paused it, perhaps.
      await handle.update(({ state }) => ({ ...wanted, state }));
    } catch (cause) {
      // With a key that is gone: nobody can read it any more, so nobody could run it either.
      if (!(cause instanceof SealedPayloadError)) throw cause;
      await handle.delete().catch(ignoreMissing);
      await client.schedule.create({ scheduleId: RECONCILE_SCHEDULE, ...wanted });
    }
  }
}

type Schedule = Pick<ScheduleOptions, 'spec' | 'policies'> & {
  action: ScheduleOptions['action'] & { type: 'startWorkflow' };
};

/**
 * After an outage one round is enough: what was missed is not caught up with. Rounds never overlap;
 * one that found a difference takes longer.
 */
function scheduleOf(everyMs: number, taskQueue: string): Schedule {
  const args: Parameters<typeof reconcile> = [reconcileInput(everyMs)];
  return {
    spec: { intervals: [{ every: everyMs }] },
    policies: { overlap: 'SKIP', catchupWindow: '1 minute' },
    action: {
      type: 'startWorkflow',
      workflowType: 'reconcile',
      workflowId: 'reconcile',
      taskQueue,
      args,
      workflowExecutionTimeout: RECONCILE_TIMEOUT,
      staticSummary: 'Compare calls with Twilio',
    },
  };
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}
