/** Carries out what the state machine asks for, and tells it what came of it. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  log,
  patched,
  proxyActivities,
} from '@temporalio/workflow';
import type { CallActivities } from '../activities/index.ts';
import {
  callSoFar,
  greetingOf,
  turnsToSummarize,
  utterancesBefore,
  utterancesOf,
} from './rules/memory.ts';
import type { Effect, Machine } from './rules/state.ts';
import type { ModelTry, TurnKey } from './contract.ts';
import { askTwilio, endCall, lookForCall, placeCall, sendOn } from './carrier-effects.ts';
import { MediaSessions } from './media-sessions.ts';

/**
 * The reply has 20 s in all: this durable timer of the server is what gives up on a model. It beats
 * every few hundred milliseconds, so that the death of its worker is noticed within 2 s.
 */
const { reply } = proxyActivities<CallActivities>({
  scheduleToCloseTimeout: '20s',
  heartbeatTimeout: '2s',
  retry: { initialInterval: '100ms', backoffCoefficient: 1.5, maximumInterval: '2s' },
  cancellationType: 'TRY_CANCEL',
});

/** In the background, while the caller speaks: nobody waits for it. */
const { summarize } = proxyActivities<CallActivities>({
  scheduleToCloseTimeout: '40s',
  heartbeatTimeout: '2s',
  retry: { initialInterval: '1s', maximumAttempts: 2 },
});

export interface CallHands extends Machine {
  record(effect: Extract<Effect, { do: 'record' }>): void;
}

export interface Effects {
  /** Starts to carry out an effect; activities run on after it has returned. */
  perform(effect: Effect): void;
  /** Whether nothing is being carried out any more; a session of a media worker does not count. */
  isIdle(): boolean;
}

export function createEffects(hands: CallHands): Effects {
  const thinking = new Map<TurnKey, CancellationScope>();
  const sessions = new MediaSessions(hands);
  const fetching = new Map<number, CancellationScope>();
  let open = 0;

  /** Effects report through `dispatch` and never reject; a rejection would fail the workflow. */
  const background = (work: Promise<void>): void => {
    open += 1;
    work
      .catch((error: unknown) => {
        if (!isCancellation(error)) log.error('an effect of the call failed', { error });
      })
      .finally(() => {
        open -= 1;
      });
  };

  const perform = (effect: Effect): void => {
    switch (effect.do) {
      case 'record':
        return hands.record(effect);
      case 'ask-model':
        return background(scoped(thinking, effect.key, () => think(hands, effect.key)));
      case 'drop-model':
        thinking.get(effect.key)?.cancel();
        return;
      case 'summarize':
        return background(foldIntoSummary(hands, effect.upTo));
      case 'dial':
        return background(placeCall(hands));
      case 'ask-carrier':
        return background(askTwilio(hands));
      case 'find-call':
        return background(lookForCall(hands));
      case 'hang-up':
        return background(endCall(hands, effect.say));
      case 'run-session':
        return sessions.run(effect.stream);
      case 'stop-session':
        return sessions.stop(effect.stream);
      case 'redirect':
        return background(scoped(fetching, effect.stream, () => sendOn(hands, effect.stream)));
      case 'drop-redirect':
        fetching.get(effect.stream)?.cancel();
        return;
    }
  };
  return { perform, isIdle: () => open === 0 };
}

/** Does it in a scope that can be cancelled by its key as long as it lasts. */
function scoped<K>(
  scopes: Map<K, CancellationScope>,
  key: K,
  work: () => Promise<void>,
): Promise<void> {
  const scope = new CancellationScope();
  scopes.set(key, scope);
  return scope.run(work).finally(() => {
    if (scopes.get(key) === scope) scopes.delete(key);
  });
}

async function think(hands: CallHands, key: TurnKey): Promise<void> {
  const state = hands.state();
  const heard = state.turns.find((turn) => turn.key === key)?.heard;
  const soFar = callSoFar(state, utterancesBefore(state, key));
  if (!soFar || !heard) return;
  try {
    const answer = await reply.executeWithOptions({ summary: `Reply to turn ${key}` }, [
      { call: soFar, heard },
    ]);
    hands.dispatch({ type: 'replied', key, reply: answer, at: Date.now() });
  } catch (error) {
    if (isCancellation(error)) return;
    const tries = triesOf(error);
    hands.dispatch({ type: 'reply-failed', key, ...(tries && { tries }), at: Date.now() });
  }
}

/** The failed activity tells what it has tried. */
function triesOf(error: unknown): ModelTry[] | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const [tries] = (cause instanceof ApplicationFailure && cause.details) || [];
  return Array.isArray(tries) ? (tries as ModelTry[]) : undefined;
}

async function foldIntoSummary(hands: CallHands, upTo: number): Promise<void> {
  const state = hands.state();
  const isFirst = !state.summary && !state.earlier;
  const utterances = utterancesOf(turnsToSummarize(state));
  const soFar = callSoFar(state, [...(isFirst ? greetingOf(state) : []), ...utterances]);
  // A call that began before there were summaries goes on without one.
  if (!soFar || !patched('running-summary')) {
    return hands.dispatch({ type: 'summary-failed', at: Date.now() });
  }
  try {
    const made = await summarize.executeWithOptions({ summary: 'Sum up the call so far' }, [
      { call: soFar },
    ]);
    hands.dispatch({ type: 'summarized', summary: made.text, upTo, at: Date.now() });
  } catch (error) {
    if (isCancellation(error)) return;
    hands.dispatch({ type: 'summary-failed', at: Date.now() });
  }
}
