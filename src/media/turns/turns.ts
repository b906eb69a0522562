/**
 * Who speaks when in a live call, as a pure state machine: `(state, event) → state and what to do`. It
 * knows neither audio nor timers, so it is tested from a timeline of who speaks when.
 *
 * An event is only taken down (`take`); then every rule of `rules/` looks at the state, does what is due
 * and says when it wants to look again. So nothing depends on a timer that somebody forgot to stop, and
 * an event at the wrong time cannot bring the order of things into confusion.
 */
import type { TalkAction } from './action.ts';
import type { TalkEvent } from './event.ts';
import { endLine, giveUp } from './rules/ending.ts';
import { endpointing } from './rules/endpointing.ts';
import { fillers } from './rules/fillers.ts';
import { takeFinal, takeFlushed, takePartial, takeVoice } from './rules/hearing.ts';
import { interruption } from './rules/interruption.ts';
import { keys, takeKey } from './rules/keys.ts';
import { openState } from './rules/opening.ts';
import { noise, slowModel, stuckSpeech } from './rules/patience.ts';
import { takeClause, takeFailure, takeFirstToken, takeReply } from './rules/replies.ts';
import { silence } from './rules/silence.ts';
import { speaking, takeAudible, takeAudio, takeCleared, takeHeard } from './rules/speaking.ts';
import type { Draft, Look, Rule, Talk } from './state.ts';

const RULES: readonly Rule[] = [
  noise,
  interruption,
  endpointing,
  keys,
  speaking,
  fillers,
  silence,
  slowModel,
  stuckSpeech,
];

/** Each round does something; a handful is the most that one event leads to. */
const MOST_ROUNDS = 50;

/** `waiting`: nothing counts before `opened`. */
export type TalkState = { status: 'waiting' } | Talk;

export interface TalkStep {
  state: TalkState;
  actions: TalkAction[];
}

export function newTalk(): TalkState {
  return { status: 'waiting' };
}

/** Applies one event. The given state is not changed. */
export function reduce(before: TalkState, event: TalkEvent): TalkStep {
  const state = next(before, event);
  if (!state) return { state: before, actions: [] };
  const draft: Draft = { state, actions: [], at: state.now };
  take(draft, event);
  settle(draft);
  return { state, actions: draft.actions };
}

/** When a `time` event is wanted, if nothing else happens before; always later than the last event. */
export function nextDeadline(state: TalkState): number | undefined {
  return state.status === 'talking' ? state.wakeAt : undefined;
}

/** The state in which an event is taken; none when it changes nothing. */
function next(before: TalkState, event: TalkEvent): Talk | undefined {
  if (before.status === 'waiting') {
    return event.type === 'opened' ? openState(event.brief, event) : undefined;
  }
  if (before.status === 'ended' || event.type === 'opened') return undefined;
  return { ...copyOf(before), now: Math.max(before.now, event.at) };
}

function take(draft: Draft, event: TalkEvent): void {
  switch (event.type) {
    case 'voice':
      return takeVoice(draft, event.voice, event.since);
    case 'partial':
      return takePartial(draft, event.text);
    case 'final':
      return takeFinal(draft, event.text, event.confidence);
    case 'flushed':
      return takeFlushed(draft);
    case 'key':
      return takeKey(draft, event.digit);
    case 'first-token':
      return takeFirstToken(draft, event.reply, event.model);
    case 'clause':
      return takeClause(draft, event.reply, event.text);
    case 'reply-done':
      return takeReply(draft, event.reply, event.result);
    case 'reply-failed':
      return takeFailure(draft, event.reply, event.tries);
    case 'audio-ready':
      return takeAudio(draft, event.utterance);
    case 'audible':
      return takeAudible(draft, event.utterance);
    case 'heard':
      return takeHeard(draft, event.utterance, event.text, event.isAll);
    case 'cleared':
      return takeCleared(draft, event.utterance, event.text);
    case 'recogniser-failed':
    case 'voice-failed':
      return giveUp(draft, event.type);
    case 'line-ended':
      return endLine(draft, event.isLost);
    case 'opened':
    case 'time':
      return undefined;
  }
}

/** Lets the rules do what is due, until nothing is; then it is known when to look again. */
function settle(draft: Draft): void {
  const { state } = draft;
  for (let round = 0; round < MOST_ROUNDS && state.status === 'talking'; round += 1) {
    const next = lookOnce(draft);
    if (next === 'again') continue;
    state.wakeAt = next;
    if (next === undefined) delete state.wakeAt;
    return;
  }
  delete state.wakeAt;
}

function lookOnce(draft: Draft): Look {
  let next: number | undefined;
  for (const rule of RULES) {
    const look = rule(draft);
    if (look === 'again') return 'again';
    if (look !== undefined && (next === undefined || look < next)) next = look;
  }
  return next;
}

function copyOf(talk: Talk): Talk {
  const { caller, answer, early, aside } = talk;
  return {
    ...talk,
    caller: { ...caller, words: [...caller.words] },
    ...(answer && { answer: copyOfAnswer(answer) }),
    ...(early && { early: { ...early, clauses: [...early.clauses] } }),
    ...(aside && { aside: { ...aside } }),
  };
}

function copyOfAnswer(answer: NonNullable<Talk['answer']>): NonNullable<Talk['answer']> {
  const { clauses, said, timings } = answer;
  return { ...answer, clauses: [...clauses], said: [...said], timings: { ...timings } };
}
