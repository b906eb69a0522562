import { proxyActivities } from '@temporalio/workflow';
import type { CallActivities } from '../activities/index.ts';

const { askModelsReady } = proxyActivities<CallActivities>({
  startToCloseTimeout: '5s',
  retry: { initialInterval: '500ms', maximumInterval: '2s', backoffCoefficient: 1.5 },
});

/**
 * Waits until a worker lives and its language models answer. Asked before calls are placed; the
 * asker sets the execution timeout.
 */
export async function modelsReady(): Promise<void> {
  await askModelsReady();
}
