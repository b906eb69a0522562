/** The smallest workflow that has a stream looked after. */
import { proxyActivities } from '@temporalio/workflow';
import type {
  MediaActivities,
  SessionEnd,
  SessionOrder,
} from '../../../workflows/stream-contract.ts';

export async function watchStream(taskQueue: string, order: SessionOrder): Promise<SessionEnd> {
  const { mediaSession } = proxyActivities<MediaActivities>({
    taskQueue,
    startToCloseTimeout: '1m',
    heartbeatTimeout: '2500ms',
    retry: { maximumAttempts: 1 },
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  });
  return mediaSession(order);
}
