/** What becomes of the caller's words: the rules of a turn. */
import type { Assistant } from '../assistant.ts';
import type { Heard, ModelTry, Turn, TurnKey } from '../contract.ts';
import type { Reply } from '../../activities/ports.ts';
import { withoutAnswer } from './cut-answers.ts';
import { compareKeys, isAskedAgain, isSameTurn, laterKey, parseKey } from './keys.ts';
import { isTurnKnown, modelReplies, summarizeWhenLong, turnCount } from './memory.ts';
import { isPhrase } from './phrases.ts';
import { decideHangup, decideListen, decideResume, NO_ASSISTANT_LINE } from './steps.ts';
import type { Conversation, Draft } from './state.ts';
import { isoTime, record } from './state.ts';

/** Words, keys or silence have arrived for a listen step. */
export function hear(draft: Draft, key: TurnKey, heard: Heard): void {
  const { state } = draft;
  if (!parseKey(key)?.turn || isKnown(state, key)) return; // a duplicate: the first text wins
  state.carrierFailures = 0; // Twilio has come back by itself
  if (state.mode === 'stream') {
    state.mode = 'gather'; // and listens over TwiML
    state.isGapDue = true;
  }
  if (state.status === 'ended' || state.status === 'speaking')
    return hearTooLate(draft, key, heard);
  if (state.latestKey !== undefined && compareKeys(key, state.latestKey) < 0) {
    if (heard.kind !== 'silence') completeTurn(draft, newTurn(draft, key, heard, 'unanswered'));
    return decideResume(draft, key);
  }
  if (heard.kind === 'silence' && isSilenceToIgnore(state, key)) {
    state.latestKey = laterKey(key, state.latestKey); // its number is used up
    return decideResume(draft, key);
  }
  supersede(draft);
  markUnheard(draft, key);
  state.latestKey = key;
  if (!state.assistant) {
    decideHangup(draft, key, NO_ASSISTANT_LINE, 'no-assistant'); // nobody can be asked
    return hearTooLate(draft, key, heard);
  }
  if (heard.kind === 'silence') return hearSilence(draft, key, heard);
  state.silences = 0;
  const turn = newTurn(draft, key, heard, 'thinking');
  state.turns.push(turn);
  if (isEndPhrase(state.assistant, heard)) {
    const { message } = state.assistant.ending;
    decideHangup(draft, key, message, 'end-phrase');
    completeTurn(draft, answer(draft, turn, message, 'script'));
    return;
  }
  state.status = 'thinking';
  state.thinkingKey = key;
  delete state.deadlines.quiet; // the reply activity has a deadline of its own
  draft.effects.push({ do: 'ask-model', key });
}

/** The model has answered the turn that is being thought about. */
export function takeReply(draft: Draft, key: TurnKey, reply: Reply): void {
  const { state } = draft;
  const turn = state.turns.find((each) => each.key === key);
  if (!turn || state.thinkingKey !== key || !state.assistant) return;
  if (state.mode === 'stream') return; // its media worker answers
  delete state.thinkingKey;
  delete state.apologies;
  const { limits, ending } = state.assistant;
  const answered = modelReplies(state) + 1;
  let said = reply.text;
  if (reply.end) {
    said ||= ending.message;
    decideHangup(draft, key, said, 'assistant-ended');
  } else if (answered >= limits.turns) {
    said = `${said} ${limits.farewell}`.trim();
    decideHangup(draft, key, said, 'max-turns');
  } else {
    decideListen(draft, key, said);
  }
  const { model, tokens, tries } = reply;
  const cost = { model, ...(tokens && { tokens }), ...(tries && { tries }) };
  const position = completeTurn(draft, { ...answer(draft, turn, said, 'model'), ...cost });
  if (tries && isFallback(tries)) {
    const degraded = { type: 'call.degraded', cause: 'fallback_model' } as const;
    record(draft, { ...degraded, turnKey: key, position, model, tries });
  }
  if (state.status === 'listening') summarizeWhenLong(draft);
}

/**
 * No model answered in time: an apology, and the caller may try again. Only an assistant that says so
 * ends the call after some of them in a row.
 */
export function apologize(draft: Draft, key: TurnKey, tries?: ModelTry[]): void {
  const { state } = draft;
  const turn = state.turns.find((each) => each.key === key);
  if (!turn || state.thinkingKey !== key || !state.assistant) return;
  if (state.mode === 'stream') return;
  delete state.thinkingKey;
  const { apology, failure } = state.assistant;
  state.apologies = (state.apologies ?? 0) + 1;
  const isEnough = failure?.endAfter !== undefined && state.apologies >= failure.endAfter;
  const said = isEnough ? failure.farewell : apology;
  if (isEnough) decideHangup(draft, key, said, 'models-failed');
  else decideListen(draft, key, said);
  const apologetic = { ...answer(draft, turn, said, 'apology'), ...(tries && { tries }) };
  const position = completeTurn(draft, apologetic);
  const degraded = { type: 'call.degraded', cause: 'apology' } as const;
  record(draft, { ...degraded, turnKey: key, position, tries: tries ?? [] });
}

/** Whether a model was asked, or passed over, before another one answered. */
export function isFallback(tries: readonly ModelTry[]): boolean {
  return tries.at(0)?.model !== tries.at(-1)?.model;
}

/** Stops thinking about a turn that will not be answered any more. */
export function abandonThinking(draft: Draft, status: 'superseded' | 'unanswered'): void {
  const { state } = draft;
  const key = state.thinkingKey;
  const turn = state.turns.find((each) => each.key === key);
  if (key === undefined || !turn) return;
  delete state.thinkingKey;
  draft.effects.push({ do: 'drop-model', key });
  completeTurn(draft, withoutAnswer(draft, turn, status));
}

/** A reply that no webhook has taken away when the call ends was not heard by anybody. */
export function markUncollected(draft: Draft): void {
  const { turns, collected, decided } = draft.state;
  const last = turns.findLast((turn) => turn.status === 'answered');
  // What was said over a stream was heard: it is told afterwards.
  if (last && decided[last.key] && !collected.includes(last.key)) {
    completeTurn(draft, { ...last, status: 'unheard' });
  }
}

function supersede(draft: Draft): void {
  const key = draft.state.thinkingKey;
  if (key === undefined) return;
  abandonThinking(draft, 'superseded');
  decideResume(draft, key);
}

/** The caller was asked to say it again, so the answer to the first asking never reached him. */
function markUnheard(draft: Draft, key: TurnKey): void {
  if (!isAskedAgain(key)) return;
  for (const turn of draft.state.turns) {
    if (isSameTurn(turn.key, key) && turn.status === 'answered') {
      completeTurn(draft, { ...turn, status: 'unheard' });
    }
  }
}

/** Kept, never asked. A webhook that waits for this turn while the call is being ended is let go. */
function hearTooLate(draft: Draft, key: TurnKey, heard: Heard): void {
  const { state } = draft;
  if (heard.kind !== 'silence') completeTurn(draft, newTurn(draft, key, heard, 'unanswered'));
  if (state.status === 'speaking' && !state.decided[key]) decideResume(draft, key);
}

/**
 * Silence must not push words aside: when the first asking was understood after all, or is being
 * thought about, the caller waits for that reply.
 */
function isSilenceToIgnore(state: Conversation, key: TurnKey): boolean {
  if (state.thinkingKey !== undefined) return true;
  return isAskedAgain(key) && state.turns.some((turn) => isSameTurn(turn.key, key));
}

function hearSilence(draft: Draft, key: TurnKey, heard: Heard): void {
  const { state } = draft;
  const plan = state.assistant?.silence;
  state.silences += 1;
  const turn = newTurn(draft, key, heard, 'thinking');
  state.turns.push(turn);
  if (!plan || state.silences > plan.prompts) {
    decideHangup(draft, key, plan?.farewell ?? '', 'silence');
  } else {
    decideListen(draft, key, plan.prompt);
  }
  completeTurn(draft, answer(draft, turn, state.decided[key]?.say ?? '', 'script'));
}

function isKnown(state: Conversation, key: TurnKey): boolean {
  return state.decided[key] !== undefined || isTurnKnown(state, key);
}

export function newTurn(draft: Draft, key: TurnKey, heard: Heard, status: Turn['status']): Turn {
  return { key, heard, status, heardAt: isoTime(draft.at) };
}

function answer(draft: Draft, turn: Turn, reply: string, replySource: Turn['replySource']): Turn {
  return { ...turn, status: 'answered', reply, replySource, repliedAt: isoTime(draft.at) };
}

/**
 * Keeps a turn as it now is, and records it; a later record of the same turn replaces it.
 * @returns its position
 */
export function completeTurn(draft: Draft, turn: Turn): number {
  const { turns } = draft.state;
  const index = turns.findIndex((each) => each.key === turn.key);
  if (index < 0) turns.push(turn);
  else turns[index] = turn;
  const fromTheEnd = index < 0 ? 0 : turns.length - 1 - index;
  const position = turnCount(draft.state) - fromTheEnd;
  record(draft, { type: 'call.turn.completed', position, turn });
  return position;
}

function isEndPhrase(assistant: Assistant, heard: Heard): boolean {
  return heard.kind === 'speech' && isPhrase(heard.text, assistant.ending.phrases);
}
