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
import { RING_SECONDS } from './rules/deadlines.ts';
import {
  callSoFar,
  greetingOf,
  turnsToSummarize,
  utterancesBefore,
  utterancesOf,
} from './rules/memory.ts';
import type { Conversation, ConversationEvent, Effect } from './rules/state.ts';
import { isoTime } from './rules/state.ts';
import type { ModelTry, TurnKey } from './contract.ts';
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

/** Asked once: nobody is dialled twice. */
const { dial } = proxyActivities<CallActivities>({
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '60s',
  heartbeatTimeout: '2s',
  retry: { maximumAttempts: 1 },
});

/** Shorter than the time after which the state machine asks again, so that questions never pile up. */
const { askCarrier, findCall, hangUp, redirect } = proxyActivities<CallActivities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '15s',
  heartbeatTimeout: '2s',
  retry: { initialInterval: '500ms', maximumInterval: '5s' },
});

export interface CallHands {
  state(): Conversation;
  dispatch(event: ConversationEvent): void;
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
        return background(scoped(fetching, effect.stream, () => fetchBack(hands, effect.stream)));
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

async function placeCall(hands: CallHands): Promise<void> {
  const { call, assistant } = hands.state();
  try {
    const result = await dial.executeWithOptions({ summary: 'Ask Twilio to place the call' }, [
      {
        callId: call.callId,
        from: call.from,
        to: call.to,
        ringSeconds: RING_SECONDS,
        limitSeconds: (assistant?.limits.callSeconds ?? 3600) + 60,
      },
    ]);
    hands.dispatch({ type: 'dialled', result, at: Date.now() });
  } catch {
    // The worker died or the answer was lost: Twilio may have been asked.
    hands.dispatch({ type: 'dialled', result: { outcome: 'unclear' }, at: Date.now() });
  }
}

async function askTwilio(hands: CallHands): Promise<void> {
  const { callSid } = hands.state();
  if (callSid === undefined) return;
  try {
    const view = await askCarrier.executeWithOptions(
      { summary: 'Ask Twilio how the call stands' },
      [{ callSid }],
    );
    hands.dispatch({ type: 'carrier-answered', ...(view && { call: view }), at: Date.now() });
  } catch {
    hands.dispatch({ type: 'carrier-failed', at: Date.now() });
  }
}

async function lookForCall(hands: CallHands): Promise<void> {
  const { call, startedAt } = hands.state();
  try {
    const found = await findCall.executeWithOptions({ summary: 'Look for the call at Twilio' }, [
      { from: call.from, to: call.to, since: isoTime(startedAt) },
    ]);
    if (hands.state().callSid !== undefined) return; // Twilio has called back meanwhile
    hands.dispatch({ type: 'carrier-answered', ...(found && { call: found }), at: Date.now() });
  } catch {
    hands.dispatch({ type: 'carrier-failed', at: Date.now() });
  }
}

async function fetchBack(hands: CallHands, number: number): Promise<void> {
  const { callSid, call, stream, mode } = hands.state();
  const isWanted = mode === 'stream' && stream?.number === number && stream.is !== 'attached';
  if (callSid === undefined || !isWanted) return; // it has come back meanwhile
  try {
    const order = { callSid, callId: call.callId, stream: number };
    const summary = `Send the call on after stream ${number}`;
    const { isUp } = await redirect.executeWithOptions({ summary }, [order]);
    if (!isUp) await askTwilio(hands);
  } catch (error) {
    if (isCancellation(error)) return;
    log.warn('Twilio could not be asked to go on with a call; it is asked again later');
  }
}

async function endCall(hands: CallHands, say: string): Promise<void> {
  const { callSid, assistant } = hands.state();
  if (callSid === undefined) return;
  const { language = 'en-US', name } = assistant?.voice ?? {};
  try {
    await hangUp.executeWithOptions({ summary: 'Hang up' }, [
      {
        callSid,
        ...(say && { say: { text: say, language, ...(name !== undefined && { voice: name }) } }),
      },
    ]);
  } catch {
    log.warn('Twilio could not be asked to hang up; it is asked again later');
  }
}
