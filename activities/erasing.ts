import { ApplicationFailure } from '@temporalio/activity';
import type { CallToErase, SessionToErase } from '../workflows/erase.ts';
import { beating } from './heartbeat.ts';

/** What erasing needs from the outside. All of it throws when Temporal or the database is away. */
export interface Eraser {
  /** Twice does no harm. `open`: it is not over. `unknown`: there is nothing of it. */
  erase(call: CallToErase): Promise<'erased' | 'open' | 'unknown'>;
  /** Closes the session, so that no call joins it, and removes what it remembers. */
  forgetSession(session: SessionToErase): Promise<void>;
  /** Calls of the session that are not erased, hidden ones too, up to so many. */
  callsOf(session: SessionToErase, limit: number): Promise<CallToErase[]>;
  /** Calls that their workspaces keep no longer, up to so many; those in the way for longest first. */
  due(limit: number): Promise<CallToErase[]>;
  /** Removes answers and counters that nobody can ask for any more. */
  removeOld(): Promise<void>;
  /** Told of calls that were erased since they are kept no longer. */
  onRetention(round: Told): void;
}

export interface ErasingRound {
  erased: number;
  /** Left for later: open, or something was away. */
  failed: number;
}

export interface Told extends ErasingRound {
  /** Why the first of those that have failed did. */
  error?: unknown;
}

export interface SessionRound extends ErasingRound {
  /** Calls of it are not erased yet. */
  left: boolean;
}

export interface DueRound extends ErasingRound {
  /** There are others. */
  more: boolean;
}

/** Erasing one is mostly waiting for Temporal, which deletes within half a minute. */
const AT_ONCE = 50;
const BATCH = 500;
/** Then Temporal or the database is away, and not these calls alone are to blame. */
const BATCHES_IN_VAIN = 3;

export function createErasing(eraser: Eraser) {
  return {
    /** @throws ApplicationFailure `CallOpen`, to be retried, while it is not closed. */
    async eraseCall(call: CallToErase): Promise<'erased' | 'unknown'> {
      const result = await beating(() => eraser.erase(call));
      if (result === 'open') throw ApplicationFailure.retryable('The call is open', 'CallOpen');
      return result;
    },

    async eraseOfSession(session: SessionToErase): Promise<SessionRound> {
      return beating(() => eraseOfSession(eraser, session));
    },

    async eraseDue(): Promise<DueRound> {
      return beating(() => eraseDue(eraser));
    },

    async removeOld(): Promise<void> {
      await beating(() => eraser.removeOld());
    },
  };
}

export type ErasingActivities = ReturnType<typeof createErasing>;

/** Forgets the session, then erases one batch of its calls. */
export async function eraseOfSession(
  eraser: Eraser,
  session: SessionToErase,
): Promise<SessionRound> {
  await eraser.forgetSession(session);
  const { erased, failed } = await eraseAll(eraser, await eraser.callsOf(session, BATCH));
  const left = await eraser.callsOf(session, 1);
  return { erased, failed, left: left.length > 0 };
}

/** Erases one batch of what is kept no longer; what cannot be erased now does not hide the rest. */
export async function eraseDue(eraser: Eraser): Promise<DueRound> {
  const sum: Told = { erased: 0, failed: 0 };
  const tried = new Set<string>();
  for (let batch = 1; ; batch += 1) {
    const found = await eraser.due(BATCH + sum.failed);
    const calls = found.filter(({ callId }) => !tried.has(callId)).slice(0, BATCH);
    for (const { callId } of calls) tried.add(callId);
    const round = await eraseAll(eraser, calls);
    sum.erased += round.erased;
    sum.failed += round.failed;
    sum.error ??= round.error;
    const isLast = calls.length < BATCH;
    if (!isLast && sum.erased === 0 && batch < BATCHES_IN_VAIN) continue;
    if (tried.size > 0) eraser.onRetention(sum);
    const { erased, failed } = sum;
    return { erased, failed, more: !isLast };
  }
}

/** One that fails does not keep the others. */
async function eraseAll(eraser: Eraser, calls: CallToErase[]): Promise<Told> {
  const round: Told = { erased: 0, failed: 0 };
  const waiting = [...calls];
  const work = async (): Promise<void> => {
    for (let call = waiting.shift(); call; call = waiting.shift()) {
      try {
        if ((await eraser.erase(call)) === 'open') round.failed += 1;
        else round.erased += 1;
      } catch (error) {
        round.failed += 1;
        round.error ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return round;
}
