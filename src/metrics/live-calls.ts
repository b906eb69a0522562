/**
 * How many calls are going on, as Temporal counts them: the same figure in every api process, so it
 * is to be shown as a maximum and never as a sum.
 */
import type { Client } from '@temporalio/client';
import { Gauge } from 'prom-client';
import { CALL_WORKFLOW, SEARCH_ATTRIBUTES } from '../../workflows/contract.ts';
import { registry } from './registry.ts';

const STATUSES = ['ringing', 'in-progress'] as const;
/** Whoever asks more often gets the same answer. */
const CACHE_MS = 5000;
const ANSWER_MS = 2000;

/** Counts calls whenever this process is asked for its metrics. Keeps silent while Temporal is away. */
export function countLiveCalls(client: Client): void {
  registry.removeSingleMetric('voca_live_calls');
  let last = -Infinity;
  const gauge = new Gauge({
    name: 'voca_live_calls',
    help: 'Calls that are going on, of the whole installation',
    labelNames: ['status'] as const,
    registers: [registry],
    async collect() {
      if (performance.now() - last < CACHE_MS) return;
      last = performance.now();
      await Promise.all(
        STATUSES.map(async (status) => {
          // An old figure would be taken for a new one.
          const count = await countOf(client, status).catch(() => undefined);
          if (count === undefined) gauge.remove(status);
          else gauge.labels(status).set(count);
        }),
      );
    },
  });
}

async function countOf(client: Client, status: string): Promise<number> {
  const query =
    `WorkflowType = '${CALL_WORKFLOW}' AND ExecutionStatus = 'Running' ` +
    `AND ${SEARCH_ATTRIBUTES.status.name} = '${status}'`;
  const counting = client.withDeadline(Date.now() + ANSWER_MS, () => client.workflow.count(query));
  return (await counting).count;
}
