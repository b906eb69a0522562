/**
 * What of a long call is told to the language model, and what of it the workflow keeps in its hands:
 * the newest turns as they were said, everything before them as a running summary. The record in the
 * database has all of it.
 */
import type { CallSoFar, Utterance } from '../../activities/ports.ts';
import type { Turn, TurnKey } from '../contract.ts';
import type { ShortStory } from '../stream-contract.ts';
import { GREETING_KEY } from './keys.ts';
import type { Conversation, Draft, EarlierTurns } from './state.ts';
import { isoTime } from './state.ts';

/** A summary leaves the newest turns alone: at most so many, and at most so many characters. */
const RECENT_TURNS = 20;
const RECENT_CHARS = 6_000;
/** It is made when this much has piled up, so that few turns pay for one. */
const SUMMARIZE_TURNS = 40;
const SUMMARIZE_CHARS = 16_000;
/** After a failed summary so many turns pass before the next try. */
const RETRY_TURNS = 5;
/** The most that a model is told in its own words, also when no summary could be made. */
const TOLD_TURNS = 80;
const TOLD_CHARS = 32_000;

/** How many turns the call has had, in all runs. */
export function turnCount({ earlier, turns }: Conversation): number {
  return (earlier?.keys.length ?? 0) + turns.length;
}

/** Whether a turn was heard in any run. */
export function isTurnKnown({ earlier, turns }: Conversation, key: TurnKey): boolean {
  return turns.some((turn) => turn.key === key) || (earlier?.keys.includes(key) ?? false);
}

/** Replies that a model has made, in all runs. */
export function modelReplies({ earlier, turns }: Conversation): number {
  return (earlier?.modelReplies ?? 0) + countModelReplies(turns);
}

/** Asks for a summary when the untold part of the call has become too long for a prompt. */
export function summarizeWhenLong(draft: Draft): void {
  const { state } = draft;
  if (state.isSummarizing || turnCount(state) < (state.summarizeFrom ?? 0)) return;
  const untold = unsummarized(state);
  if (untold.length <= SUMMARIZE_TURNS && charsOf(untold) <= SUMMARIZE_CHARS) return;
  if (turnsToSummarize(state).length === 0) return;
  state.isSummarizing = true;
  draft.effects.push({ do: 'summarize', upTo: turnCount(state) - recentOf(untold) });
}

export function takeSummary(draft: Draft, summary: string, upTo: number): void {
  const { state } = draft;
  delete state.isSummarizing;
  state.summary = { text: summary, upTo };
}

/** The summary, for a media worker that leads the conversation and has it in full. */
export function shortStory({ summary, earlier, turns }: Conversation): ShortStory | undefined {
  if (!summary) return undefined;
  const keys = [...(earlier?.keys ?? []), ...turns.map(({ key }) => key)];
  const upTo = keys[summary.upTo - 1];
  return upTo === undefined ? undefined : { text: summary.text, upTo };
}

/** Nothing is lost by it: the model is told the newest turns as before. */
export function takeSummaryFailure(draft: Draft): void {
  const { state } = draft;
  delete state.isSummarizing;
  state.summarizeFrom = turnCount(state) + RETRY_TURNS;
}

/** What a summary is to be made of, beside the one before: all but the newest turns. */
export function turnsToSummarize(state: Conversation): Turn[] {
  const untold = unsummarized(state);
  return untold.slice(0, untold.length - recentOf(untold));
}

/** The call as the orchestrator is told; nothing without an assistant. */
export function callSoFar(state: Conversation, utterances: Utterance[]): CallSoFar | undefined {
  const { call, startedAt, summary } = state;
  if (!state.assistant) return undefined;
  const { memory, id, version, instructions, models, voice, apology } = state.assistant;
  return {
    callId: call.callId,
    assistant: { id, version, instructions, ...(models && { models }), voice, apology },
    ...(memory && { memory }),
    ...(summary && { summary: summary.text }),
    utterances,
    startedAt: isoTime(startedAt),
  };
}

/** All that was said, as far as it is still known, with the memory of earlier calls. */
export function sessionSoFar(state: Conversation): CallSoFar | undefined {
  return callSoFar(state, utterancesBefore(state));
}

/** Whether the caller has said a word or pressed a key, in any run. */
export function hasCallerSpoken({ earlier, summary, turns }: Conversation): boolean {
  if (summary || (earlier?.modelReplies ?? 0) > 0) return true;
  return turns.some(({ heard }) => {
    return heard.kind === 'keys' || (heard.kind === 'speech' && heard.text.trim() !== '');
  });
}

/** What was said and heard before the turn `key`, as far as no summary tells it; without a key, all. */
export function utterancesBefore(state: Conversation, key?: TurnKey): Utterance[] {
  const at = state.turns.findIndex((turn) => turn.key === key);
  const before = unsummarized({ ...state, turns: state.turns.slice(0, at < 0 ? undefined : at) });
  const told = before.slice(before.length - newestOf(before, TOLD_TURNS, TOLD_CHARS));
  const isFromTheStart = told.length === before.length && !state.summary && !state.earlier;
  return [...(isFromTheStart ? greetingOf(state) : []), ...utterancesOf(told)];
}

export function utterancesOf(turns: Turn[]): Utterance[] {
  const utterances: Utterance[] = [];
  for (const { heard, reply, status, isInterrupted } of turns) {
    if (heard.kind !== 'silence') utterances.push({ who: 'caller', heard });
    if (status === 'answered' && reply) {
      utterances.push({
        who: 'assistant',
        text: reply,
        ...(isInterrupted && { isInterrupted: true }),
      });
    }
  }
  return utterances;
}

export function greetingOf(state: Conversation): Utterance[] {
  const text = state.heardGreeting ?? state.decided[GREETING_KEY]?.say;
  // Over a stream the greeting is decided before it is said, and may never be.
  const isSaid = !state.stream || state.isGreeted;
  if (!text || !isSaid) return [];
  const isInterrupted = state.heardGreeting !== undefined;
  return [{ who: 'assistant', text, ...(isInterrupted && { isInterrupted }) }];
}

/** The turns that the next run of the workflow needs; the others shrink to their keys. */
export function carriedTurns(state: Conversation): Pick<Conversation, 'turns' | 'earlier'> {
  const untold = unsummarized(state);
  const needed = Math.max(
    Math.min(RECENT_TURNS, state.turns.length),
    newestOf(untold, TOLD_TURNS, TOLD_CHARS),
  );
  const left = state.turns.slice(0, state.turns.length - needed);
  if (left.length === 0)
    return { turns: state.turns, ...(state.earlier && { earlier: state.earlier }) };
  const earlier: EarlierTurns = {
    keys: [...(state.earlier?.keys ?? []), ...left.map((turn) => turn.key)],
    modelReplies: (state.earlier?.modelReplies ?? 0) + countModelReplies(left),
  };
  return { turns: state.turns.slice(left.length), earlier };
}

function unsummarized(state: Conversation): Turn[] {
  const known = state.earlier?.keys.length ?? 0;
  return state.turns.slice(Math.max(0, (state.summary?.upTo ?? 0) - known));
}

function recentOf(turns: Turn[]): number {
  return newestOf(turns, RECENT_TURNS, RECENT_CHARS);
}

/** So many of the newest turns fit; the newest always does. */
function newestOf(turns: Turn[], mostTurns: number, mostChars: number): number {
  let chars = 0;
  let count = 0;
  for (const turn of turns.toReversed()) {
    chars += charsOf([turn]);
    if (count > 0 && (count >= mostTurns || chars > mostChars)) break;
    count += 1;
  }
  return count;
}

function charsOf(turns: Turn[]): number {
  return turns.reduce((sum, { heard, reply }) => {
    const words = heard.kind === 'speech' ? heard.text.length : 0;
    return sum + words + (reply?.length ?? 0);
  }, 0);
}

function countModelReplies(turns: Turn[]): number {
  return turns.filter((turn) => turn.replySource === 'model').length;
}
