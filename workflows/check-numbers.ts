/**
 * Looks whether Twilio still brings the calls to our numbers to us, as somebody may have changed them
 * in its console. Started once an hour by a schedule. It changes nothing.
 */
import { log, proxyActivities } from '@temporalio/workflow';
import type { NumberCheckActivities, NumbersChecked } from '../activities/check-numbers.ts';

export interface CheckNumbersOutcome extends Partial<NumbersChecked> {
  /** `not-looked`: Twilio or the database could not be asked. */
  outcome: 'agreed' | 'differed' | 'not-looked';
}

const activities = proxyActivities<NumberCheckActivities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '5s',
  retry: { maximumAttempts: 5, initialInterval: '2s' },
});

export async function checkNumbers(): Promise<CheckNumbersOutcome> {
  try {
    const summary = 'Compare our numbers with Twilio';
    const checked = await activities.checkNumbers.executeWithOptions({ summary }, []);
    return { outcome: checked.wrong.length === 0 ? 'agreed' : 'differed', ...checked };
  } catch (error) {
    log.warn('our numbers could not be compared with Twilio; the next round tries again', {
      error,
    });
    return { outcome: 'not-looked' };
  }
}
