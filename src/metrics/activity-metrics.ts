/** Every activity of this worker: how long, how often, with what outcome. */
import type { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import { Counter, Histogram } from 'prom-client';
import type { Reply } from '../../activities/ports.ts';
import type { RecordBatch } from '../../workflows/events.ts';
import { countTokens } from './model-metrics.ts';
import { countRecorded } from './record-metrics.ts';
import { registry, seconds } from './registry.ts';

const BUCKETS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3.5, 5, 8, 15, 20];

const duration = new Histogram({
  name: 'voca_activity_duration_seconds',
  help: 'One attempt of an activity',
  labelNames: ['activity', 'outcome'] as const,
  buckets: BUCKETS,
  registers: [registry],
});
const retries = new Counter({
  name: 'voca_activity_retries_total',
  help: 'Attempts of activities that were not the first',
  labelNames: ['activity'] as const,
  registers: [registry],
});

/** An activity interceptor for workers. */
export function countActivity({ info }: Context): ActivityInterceptors {
  const { activityType, attempt } = info;
  return {
    inbound: {
      async execute(input, next) {
        if (attempt > 1) retries.labels(activityType).inc();
        const startedAt = performance.now();
        const count = (outcome: string): void => {
          duration.labels(activityType, outcome).observe(seconds(performance.now() - startedAt));
        };
        try {
          const result = await next(input);
          count('completed');
          countResult(activityType, input.args, result);
          return result;
        } catch (error) {
          count(error instanceof CancelledFailure ? 'cancelled' : 'failed');
          throw error;
        }
      },
    },
  };
}

/** Both sides of this are ours: the activities of this version. */
function countResult(activityType: string, args: unknown[], result: unknown): void {
  if (activityType === 'record') countRecorded((args[0] as RecordBatch).events);
  if (activityType !== 'reply') return;
  const { model, tokens, tries = [] } = result as Reply;
  // The try names its provider; the model is named as its vendor names it.
  if (tokens) countTokens(tries.at(-1)?.model ?? model, tokens);
}
