/**
 * After the call: what was said, in short, for the next call of the session. Nobody waits for it, and
 * without it nothing else changes.
 */
import { condition, log, patched, proxyActivities, sleep } from '@temporalio/workflow';
import type { CallActivities } from '../activities/index.ts';
import type { Summary } from '../activities/ports.ts';
import type { CallEventBody } from './events.ts';
import { isClosed } from './conversation.ts';
import { hasCallerSpoken, sessionSoFar, turnCount } from './rules/memory.ts';
import type { Conversation } from './rules/state.ts';

/** A worker that dies with it hands it on; a model that fails has been tried for 15 s in there. */
const { summarize } = proxyActivities<CallActivities>({
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '60s',
  heartbeatTimeout: '2s',
  retry: { initialInterval: '1s', maximumAttempts: 3 },
});

/** When no model could be had: asked once more so much later, then given up. */
const SECOND_TRY = '20 seconds';

export interface SummedUpCall {
  state(): Conversation;
  record(event: CallEventBody): void;
}

/**
 * Runs beside the call; resolves when all that will be summed up is. At once when the call ends,
 * as a caller who was cut off calls again at once; and again when late words came after that.
 * Never rejects.
 */
export async function sumUpSession(call: SummedUpCall): Promise<void> {
  let told = 0;
  for (const isTime of [isEnded, isClosed]) {
    await condition(() => isTime(call.state()));
    const turns = turnCount(call.state());
    if (turns === told || !hasCallerSpoken(call.state())) continue;
    // A call that began before there were such summaries ends without one.
    if (!patched('session-summary')) return;
    told = turns;
    const made = (await askForSummary(call.state())) ?? (await askLater(call));
    if (made) call.record({ type: 'call.summarized', ...made });
  }
}

function isEnded(state: Conversation): boolean {
  return state.status === 'ended';
}

async function askLater(call: SummedUpCall): Promise<Summary | undefined> {
  await sleep(SECOND_TRY, { summary: 'Try again to sum up' });
  return askForSummary(call.state());
}

async function askForSummary(state: Conversation): Promise<Summary | undefined> {
  const soFar = sessionSoFar(state);
  if (!soFar) return undefined;
  try {
    const { text, model } = await summarize.executeWithOptions({ summary: 'Sum up the session' }, [
      { call: soFar, isOver: true },
    ]);
    return { text, model };
  } catch (error) {
    log.warn('a call could not be summed up', { error });
    return undefined;
  }
}
