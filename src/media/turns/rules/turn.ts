/** A turn of the caller: told to the workflow at once, and answered. */
import type { Heard, TurnKey } from '../../../../workflows/contract.ts';
import { followingKey } from '../../../../workflows/rules/keys.ts';
import { isPhrase } from '../../../../workflows/rules/phrases.ts';
import type { Answer, Draft, Talk } from '../state.ts';
import { noteTime, scripted } from './answers.ts';
import { takeDigits, takeWords } from './hearing.ts';
import { adoptEarly, ask, dropEarly } from './replies.ts';

/** When the caller had ended, and when it was known what he had said. */
interface Spoken {
  endedAt: number;
  recognisedAt?: number;
}

/** The number of the turn that begins now. */
export function nextTurnKey(state: Talk): TurnKey {
  const key = state.nextKey;
  state.nextKey = followingKey(key);
  return key;
}

/** The words that no turn has yet are one. */
export function commitWords(draft: Draft): void {
  const { text, confidence, ...spoken } = takeWords(draft);
  beginTurn(draft, speech(text, confidence), spoken);
}

/** A turn begins and is answered. What was left to be answered before is passed over. */
export function beginTurn(draft: Draft, heard: Heard, spoken?: Spoken): void {
  const { state } = draft;
  tellUnanswered(draft);
  if (heard.kind !== 'silence') state.silences = 0;
  answerTurn(draft, nextTurnKey(state), heard, spoken);
}

/** Words and keys that no turn has yet are told, each as one, and nobody answers them. */
export function passOver(draft: Draft): void {
  const { state } = draft;
  const { text, confidence } = takeWords(draft);
  const digits = takeDigits(draft);
  if (text !== '' || digits !== '') tellUnanswered(draft);
  if (text !== '') tellHeard(draft, nextTurnKey(state), speech(text, confidence));
  if (digits !== '') tellHeard(draft, nextTurnKey(state), { kind: 'keys', digits });
}

/** What an earlier stream left unanswered. It is told once more, as it is now part of what was said. */
export function answerPending(draft: Draft): void {
  const { unanswered } = draft.state;
  if (!unanswered) return;
  delete draft.state.unanswered;
  answerTurn(draft, unanswered.key, unanswered.heard);
}

/** The model answers, or words that are fixed beforehand do. */
function answerTurn(draft: Draft, key: TurnKey, heard: Heard, spoken?: Spoken): void {
  const { state, at } = draft;
  const fixed = fixedAnswer(state, key, heard, at);
  const answer = fixed ?? { ...scripted(key, [], at), source: 'model' };
  if (spoken) {
    answer.askedAt = spoken.endedAt;
    if (spoken.recognisedAt !== undefined) {
      noteTime(answer, 'recognisedMs', spoken.recognisedAt);
    }
    noteTime(answer, 'committedMs', at);
  }
  state.answer = answer;
  state.quietSince = at;
  if (fixed) dropEarly(draft);
  else if (!adoptEarly(draft, answer, heard)) {
    dropEarly(draft);
    answer.reply = ask(draft, heard, 'sure');
  }
  tellHeard(draft, key, heard);
}

function fixedAnswer(state: Talk, key: TurnKey, heard: Heard, at: number): Answer | undefined {
  const { assistant, silences, turnsLeft } = state;
  if (heard.kind === 'silence') {
    const { prompt, prompts, farewell } = assistant.silence;
    if (silences > prompts) return scripted(key, [farewell], at, 'silence');
    return scripted(key, [prompt], at);
  }
  if (isEndPhrase(state, heard)) {
    return scripted(key, [assistant.ending.message], at, 'end-phrase');
  }
  // The last answer was talked over, so its farewell was not heard.
  if (turnsLeft <= 0) return scripted(key, [assistant.limits.farewell], at, 'max-turns');
  return undefined;
}

export function isEndPhrase({ assistant }: Talk, heard: Heard): boolean {
  return heard.kind === 'speech' && isPhrase(heard.text, assistant.ending.phrases);
}

/** It is part of what was said before, now that something else is answered. */
function tellUnanswered(draft: Draft): void {
  const { unanswered } = draft.state;
  if (unanswered) tellHeard(draft, unanswered.key, unanswered.heard);
  delete draft.state.unanswered;
}

function speech(text: string, confidence?: number): Heard {
  return { kind: 'speech', text, ...(confidence !== undefined && { confidence }) };
}

function tellHeard(draft: Draft, key: TurnKey, heard: Heard): void {
  draft.actions.push({ do: 'tell', news: { what: 'heard', key, heard } });
}
