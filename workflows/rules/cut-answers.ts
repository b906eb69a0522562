/** Answers that a lost line has cut off: the turn still waits, and whoever goes on answers it again. */
import type { Turn } from '../contract.ts';
import type { StreamReply } from '../stream-contract.ts';
import type { Draft } from './state.ts';

/** @returns false when nobody waits for an answer to this turn any more */
export function noteCut(
  { state }: Draft,
  stream: number,
  { key, heard }: Turn,
  { text, source, model }: StreamReply,
): boolean {
  // Whoever is silent is spoken to again anyway.
  if (state.thinkingKey !== key || heard.kind === 'silence') return false;
  const before = state.cut?.key === key ? state.cut : undefined;
  if (before && before.stream >= stream) return true; // told already
  const said = [before?.text ?? '', text].filter((words) => words !== '').join(' ');
  state.cut = { key, stream, text: said, source, ...(model !== undefined && { model }) };
  return true;
}

/** The turn as it is when no more of an answer to it follows. */
export function withoutAnswer(
  { state }: Draft,
  turn: Turn,
  status: 'superseded' | 'unanswered',
): Turn {
  const { cut } = state;
  if (!cut || cut.key !== turn.key || cut.text === '') return { ...turn, status };
  if (cut.source === 'apology') return { ...turn, status }; // which is no answer, and was to be followed by one
  const { text, source, model } = cut;
  return {
    ...turn,
    status: 'answered',
    reply: text,
    replySource: source,
    ...(model !== undefined && { model }),
    isInterrupted: true,
  };
}
