/**
 * Compares our open calls with Twilio's live ones and settles what they do not agree on. Started
 * once a minute by a schedule, and by `voca reconcile`.
 *
 * It needs two looks that find the same difference before it acts. A round that finds none, as
 * nearly all do, is one activity.
 */
import { log, proxyActivities, sleep } from '@temporalio/workflow';
import type { Comparison, Difference } from '../activities/compare-calls.ts';
import type { ReconcileActivities, Settlement } from '../activities/reconcile.ts';

export interface ReconcileInput {
  /** Younger calls are left out. */
  graceMs: number;
  /** The time between the two looks. */
  secondLookMs: number;
  /** Only says what it finds. */
  dryRun?: boolean;
}

export interface ReconcileOutcome {
  /** `not-looked`: Twilio or Temporal could not be asked, so nothing was done. */
  outcome: 'agreed' | 'differed' | 'settled' | 'not-looked';
  open?: number;
  live?: number;
  foreign?: number;
  /** What was found, and what was done about it; without `settlement`, nothing. */
  differences?: (Difference & { settlement?: Settlement | 'failed' })[];
}

const { compareCalls } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '5s',
  retry: { maximumAttempts: 2, initialInterval: '1s' },
});

const { settleCall } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '30s',
  heartbeatTimeout: '5s',
  retry: { maximumAttempts: 3, initialInterval: '1s' },
});

export async function reconcile(input: ReconcileInput): Promise<ReconcileOutcome> {
  const first = await look(input, 'Compare calls with Twilio');
  if (!first) return { outcome: 'not-looked' };
  if (first.differences.length === 0) return { ...first, outcome: 'agreed' };
  if (input.dryRun) return { ...first, outcome: 'differed' };
  await sleep(input.secondLookMs, { summary: 'Look again before anything is done' });
  const second = await look(input, 'Compare once more');
  if (!second) return { outcome: 'not-looked' };
  const seen = new Set(first.differences.map(keyOf));
  const lasting = second.differences.filter((difference) => seen.has(keyOf(difference)));
  if (lasting.length === 0) return { ...second, differences: [], outcome: 'agreed' };
  const differences: ReconcileOutcome['differences'] = [];
  for (const difference of lasting) {
    differences.push({ ...difference, settlement: await settle(difference) });
  }
  return { ...second, differences, outcome: 'settled' };
}

/** With Twilio or Temporal away nothing is known, and so nothing is done. */
async function look(input: ReconcileInput, summary: string): Promise<Comparison | undefined> {
  try {
    return await compareCalls.executeWithOptions({ summary }, [{ graceMs: input.graceMs }]);
  } catch (error) {
    log.warn('calls could not be compared with Twilio; the next round tries again', { error });
    return undefined;
  }
}

/** What cannot be settled now is found again by the next round. */
async function settle(difference: Difference): Promise<Settlement | 'failed'> {
  try {
    return await settleCall.executeWithOptions({ summary: `Settle: ${difference.kind}` }, [
      difference,
    ]);
  } catch (error) {
    log.warn('a difference with Twilio could not be settled', { error });
    return 'failed';
  }
}

function keyOf({ kind, callId, callSid }: Difference): string {
  return `${kind} ${callId} ${callSid}`;
}
