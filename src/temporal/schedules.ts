/** What Temporal starts by itself. */
import type { Client } from '@temporalio/client';
import { TASK_QUEUE } from '../../workflows/contract.ts';
import type { ReconcileInput } from '../../workflows/reconcile.ts';
import type { reconcile } from '../../workflows/reconcile.ts';
import { keepSchedule } from './keep-schedule.ts';
import type { KeptSchedule } from './keep-schedule.ts';

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

/** @param everyMs left out: takes it away. */
export function keepReconcileSchedule(
  client: Client,
  everyMs: number | undefined,
  taskQueue: string = TASK_QUEUE,
): Promise<void> {
  const args: Parameters<typeof reconcile> = [reconcileInput(everyMs ?? 0)];
  return keepRounds(client, RECONCILE_SCHEDULE, everyMs, {
    workflowType: 'reconcile',
    workflowId: 'reconcile',
    taskQueue,
    args,
    workflowExecutionTimeout: RECONCILE_TIMEOUT,
    staticSummary: 'Compare calls with Twilio',
  });
}

export const CHECK_NUMBERS_SCHEDULE = 'voca-check-numbers';

/** @param everyMs left out: takes it away. */
export function keepCheckNumbersSchedule(
  client: Client,
  everyMs: number | undefined,
  taskQueue: string = TASK_QUEUE,
): Promise<void> {
  return keepRounds(client, CHECK_NUMBERS_SCHEDULE, everyMs, {
    workflowType: 'checkNumbers',
    workflowId: 'check-numbers',
    taskQueue,
    args: [],
    workflowExecutionTimeout: '15 minutes',
    staticSummary: 'Compare our numbers with Twilio',
  });
}

export const RETENTION_SCHEDULE = 'voca-retention';

/** @param everyMs left out: takes it away. */
export function keepRetentionSchedule(
  client: Client,
  everyMs: number | undefined,
  taskQueue: string = TASK_QUEUE,
): Promise<void> {
  return keepRounds(client, RETENTION_SCHEDULE, everyMs, {
    workflowType: 'retention',
    workflowId: 'retention',
    taskQueue,
    args: [],
    workflowExecutionTimeout: '1 day',
    staticSummary: 'Erase what is kept no longer',
  });
}

/**
 * After an outage one round is enough: what was missed is not caught up with. Rounds never overlap;
 * one that found a difference takes longer.
 */
function keepRounds(
  client: Client,
  scheduleId: string,
  everyMs: number | undefined,
  round: Omit<KeptSchedule['action'], 'type'>,
): Promise<void> {
  return keepSchedule(
    client,
    scheduleId,
    everyMs && {
      spec: { intervals: [{ every: everyMs }] },
      policies: { overlap: 'SKIP', catchupWindow: '1 minute' },
      action: { type: 'startWorkflow', ...round },
    },
  );
}
