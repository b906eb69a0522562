/**
 * The sessions of media workers, as activities on their own task queues: that one ends, and that its
 * worker is dead, is noticed here.
 */
import {
  ActivityFailure,
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { MediaActivities, SessionOrder } from './stream-contract.ts';
import type { Machine, StreamLoss } from './rules/state.ts';

/** A call is ended by its own limit; this is for one that has none. */
const DEFAULT_LIMIT_S = 14_400;
/** Beyond the limit of the call: its last words, and what is slow. */
const SLACK_S = 600;
/** How often in a row a session is looked for whose heart was not heard. */
const MOST_TRIES = 20;
/** Temporal was there when a heart fell silent that beat last within this: its worker is what is missing. */
const LATE_BEAT_MS = 6_000;
/**
 * Whoever lost Temporal comes back up to ten seconds after it, as its SDK waits longer and longer between
 * its tries. A stream that lives is cut off in mid-sentence when it is not waited for.
 */
const BACK_AFTER_AWAY = '12s';

export class MediaSessions {
  readonly #machine: Machine;
  readonly #scopes = new Map<number, CancellationScope>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Looks after the session of the current stream; at its end it is over, unless it was stopped. */
  run(number: number): void {
    const { callSid, call, stream, assistant } = this.#machine.state();
    const { streamSid, taskQueue } = stream ?? {};
    if (callSid === undefined || streamSid === undefined || taskQueue === undefined) return;
    const order = { callId: call.callId, callSid, stream: number, streamSid };
    const limitS = (assistant?.limits.callSeconds ?? DEFAULT_LIMIT_S) + SLACK_S;
    const scope = new CancellationScope();
    this.#scopes.set(number, scope);
    scope
      .run(() => lookAfter(order, taskQueue, limitS))
      .then((why) => this.#end(number, why))
      .catch((error: unknown) => {
        if (!isCancellation(error)) log.error('a session was lost sight of', { error });
      });
  }

  stop(number: number): void {
    const scope = this.#scopes.get(number);
    this.#scopes.delete(number);
    scope?.cancel();
  }

  #end(number: number, why: StreamLoss): void {
    if (!this.#scopes.delete(number)) return; // stopped meanwhile
    this.#machine.dispatch({ type: 'session-over', stream: number, why, at: Date.now() });
  }
}

/**
 * A heartbeat that is missing need not be a death: Temporal itself may have been away for longer. So
 * the worker is asked again, and takes the session up where it is; a dead one does not even begin.
 * @throws only when it is cancelled.
 */
async function lookAfter(
  order: SessionOrder,
  taskQueue: string,
  limitS: number,
): Promise<StreamLoss> {
  let patience = '5s';
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const { mediaSession } = proxyActivities<MediaActivities>({
      taskQueue,
      scheduleToStartTimeout: patience,
      startToCloseTimeout: `${limitS}s`,
      heartbeatTimeout: '2500ms',
      retry: { maximumAttempts: 1 },
      cancellationType: 'TRY_CANCEL',
    });
    try {
      const summary = `Stream ${order.stream}`;
      const { why } = await mediaSession.executeWithOptions({ summary }, [order]);
      return why;
    } catch (error) {
      if (isCancellation(error)) throw error;
      const silence = silentHeart(error);
      if (!silence) return 'died';
      patience = wasTemporalAway(silence) ? BACK_AFTER_AWAY : '1500ms';
    }
  }
  return 'died';
}

function silentHeart(error: unknown): TimeoutFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType === 'HEARTBEAT' ? cause : undefined;
}

/** Each beat says when it was. An earlier version's says nothing, and was always asked again in haste. */
function wasTemporalAway({ lastHeartbeatDetails: beatAt }: TimeoutFailure): boolean {
  return typeof beatAt === 'number' && Date.now() - beatAt > LATE_BEAT_MS;
}
