/** What the model answers: asked early where that may pay, taken as it comes, replaced when it fails. */
import type { Reply } from '../../../../activities/ports.ts';
import type { Heard, ModelTry } from '../../../../workflows/contract.ts';
import type { Answer, Draft } from '../state.ts';
import { noteTime } from './answers.ts';

/** @returns the number of the question */
export function ask(draft: Draft, heard: Heard, certainty: 'likely' | 'sure'): number {
  const reply = draft.state.nextReply;
  draft.state.nextReply += 1;
  draft.actions.push({ do: 'ask-model', reply, heard, certainty });
  return reply;
}

/** The caller seems to have ended: the answer to what he has said so far may be wanted soon. */
export function askEarly(draft: Draft, heard: Extract<Heard, { kind: 'speech' }>): void {
  draft.state.early = { reply: ask(draft, heard, 'likely'), text: heard.text, clauses: [] };
}

export function dropEarly({ state, actions }: Draft): void {
  const { early } = state;
  if (early && !early.hasFailed) actions.push({ do: 'drop-model', reply: early.reply });
  delete state.early;
}

/** Uses what was asked early, when the caller has said just that and no more. */
export function adoptEarly(draft: Draft, answer: Answer, heard: Heard): boolean {
  const { early } = draft.state;
  if (!early || early.hasFailed || heard.kind !== 'speech' || heard.text !== early.text)
    return false;
  delete draft.state.early;
  answer.reply = early.reply;
  answer.clauses = early.clauses;
  if (early.model !== undefined) answer.model = early.model;
  if (early.firstTokenAt !== undefined) noteTime(answer, 'firstTokenMs', early.firstTokenAt);
  if (early.result) takeReply(draft, early.reply, early.result);
  return true;
}

/** @param model who has begun to answer: an answer that is talked over ends before it says so itself */
export function takeFirstToken({ state, at }: Draft, reply: number, model?: string): void {
  const { answer, early } = state;
  if (early?.reply === reply) {
    early.firstTokenAt ??= at;
    if (model !== undefined) early.model = model;
  }
  if (answer?.reply !== reply) return;
  answer.movedAt = at;
  if (model !== undefined) answer.model = model;
  noteTime(answer, 'firstTokenMs', at);
}

export function takeClause(draft: Draft, reply: number, text: string): void {
  const { answer, early } = draft.state;
  const clause = text.trim();
  if (clause === '') return;
  takeFirstToken(draft, reply);
  if (early?.reply === reply) early.clauses.push(clause);
  if (answer?.reply === reply) answer.clauses.push(clause);
}

/** The model has said everything; only now is it known whether these are the last words of the call. */
export function takeReply(draft: Draft, reply: number, result: Reply): void {
  const { state, at } = draft;
  const { answer, early, assistant, turnsLeft } = state;
  if (early?.reply === reply) early.result ??= result;
  if (answer?.reply !== reply) return;
  const { text, end, model, tokens, tries } = result;
  const isSilent = answer.said.length === 0 && answer.clauses.length === 0;
  if (isSilent && text.trim() !== '') answer.clauses.push(text.trim());
  else if (isSilent && !end) return takeFailure(draft, reply, tries);
  delete answer.reply;
  answer.movedAt = at;
  answer.model = model;
  if (tokens) answer.tokens = tokens;
  if (tries) answer.tries = tries;
  state.apologies = 0;
  if (end) {
    answer.end = 'assistant-ended';
    if (answer.said.length === 0 && answer.clauses.length === 0) {
      addClause(answer, assistant.ending.message);
    }
  } else if (turnsLeft <= 1) {
    answer.end = 'max-turns';
    addClause(answer, assistant.limits.farewell);
  }
}

/** No model has answered, or none to the end: an apology, or, after some of them, a farewell. */
export function takeFailure(draft: Draft, reply: number, tries?: ModelTry[]): void {
  const { state, at } = draft;
  const { answer, assistant } = state;
  if (state.early?.reply === reply) state.early.hasFailed = true; // it is asked again when it is sure
  if (answer?.reply !== reply) return;
  delete answer.reply;
  answer.movedAt = at;
  answer.source = 'apology';
  delete answer.model;
  if (tries) answer.tries = tries;
  state.apologies += 1;
  const { failure, apology } = assistant;
  if (failure?.endAfter !== undefined && state.apologies >= failure.endAfter) {
    answer.end = 'models-failed';
    addClause(answer, failure.farewell);
  } else {
    addClause(answer, apology);
  }
}

function addClause(answer: Answer, text: string): void {
  if (text.trim() !== '') answer.clauses.push(text.trim());
}
