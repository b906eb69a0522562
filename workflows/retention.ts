/**
 * Erases what workspaces keep no longer, and removes what is too old to be asked for. Started by a
 * schedule; what one run does not get done is left to the next.
 */
import { log, proxyActivities } from '@temporalio/workflow';
import type { ErasingActivities } from '../activities/erasing.ts';

export interface RetentionOutcome {
  erased: number;
  /** Could not be erased now: Temporal or the database was away, or the call is open. */
  failed: number;
}

const { eraseDue, removeOld } = proxyActivities<ErasingActivities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '5s',
  retry: { maximumAttempts: 3, initialInterval: '5s', maximumInterval: '1 minute' },
});

/** So that the history stays short. */
const ROUNDS = 100;

export async function retention(): Promise<RetentionOutcome> {
  await removeWhatIsOld();
  const sum: RetentionOutcome = { erased: 0, failed: 0 };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { erased, failed, more } = await eraseDue.executeWithOptions(
      { summary: 'Erase what is kept no longer' },
      [],
    );
    sum.erased += erased;
    sum.failed = failed;
    if (!more || erased === 0) break;
  }
  return sum;
}

/** What calls said goes first in importance: without this it goes on. */
async function removeWhatIsOld(): Promise<void> {
  try {
    await removeOld.executeWithOptions({ summary: 'Remove what is too old' }, []);
  } catch (error) {
    log.warn('old answers could not be removed; the next round tries again', { error });
  }
}
