/**
 * Erases what was said, and waits for whatever is away meanwhile: what was asked for once is done, also
 * when the api or a worker dies. Nobody else looks at what is left.
 */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type { ErasingActivities } from '../activities/erasing.ts';

export interface CallToErase {
  workspaceId: string;
  callId: string;
}

export interface SessionToErase {
  workspaceId: string;
  sessionId: string;
}

/** A call that does not end, or a server that does not come back, is given up after that. */
const PATIENCE = '24 hours';
const BETWEEN_ROUNDS = '20 seconds';
const ROUNDS_WITHOUT_ONE = 60;

const { eraseCall: erase, eraseOfSession } = proxyActivities<ErasingActivities>({
  startToCloseTimeout: '30 minutes',
  scheduleToCloseTimeout: PATIENCE,
  heartbeatTimeout: '5s',
  retry: { initialInterval: '2s', maximumInterval: '1 minute' },
});

export async function eraseCall(call: CallToErase): Promise<'erased' | 'unknown'> {
  return erase.executeWithOptions({ summary: 'Erase the call' }, [call]);
}

/** @returns how many of its calls were erased. */
export async function eraseSession(session: SessionToErase): Promise<number> {
  let erased = 0;
  for (let idle = 0; idle < ROUNDS_WITHOUT_ONE;) {
    const round = await eraseOfSession.executeWithOptions({ summary: 'Erase its calls' }, [
      session,
    ]);
    erased += round.erased;
    if (!round.left) return erased;
    idle = round.erased > 0 ? 0 : idle + 1;
    // One that has not closed yet is what takes time.
    if (round.erased === 0) await sleep(BETWEEN_ROUNDS, { summary: 'Until its calls are closed' });
  }
  return erased;
}
