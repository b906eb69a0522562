/** What is said to a turn, and what the workflow is told of it. */
import type { TurnKey, TurnTimings } from '../../../../workflows/contract.ts';
import type { StreamReply } from '../../../../workflows/stream-contract.ts';
import { GREETING_KEY } from '../../../../workflows/rules/keys.ts';
import type { Answer, Draft, Talk } from '../state.ts';
import { joined, wordCount } from '../words.ts';

/** Words that are fixed beforehand. */
export function scripted(
  key: TurnKey,
  clauses: string[],
  at: number,
  end?: NonNullable<Answer['end']>,
): Answer {
  return {
    key,
    phase: 'thinking',
    source: 'script',
    clauses: clauses.filter((clause) => clause.trim() !== ''),
    said: [],
    isSaidToEnd: false,
    heardBefore: '',
    heard: '',
    ...(end && { end }),
    timings: {},
    waitingSince: at,
    fillers: 0,
    movedAt: at,
    falseAlarms: 0,
  };
}

/**
 * Words that nothing stops. A goodbye is not cut off; that of a model counts once it is heard (before,
 * the caller may have more to say), and who was thought silent may always speak. A greeting that must
 * not be interrupted must not be left out either.
 */
export function isFirm({ answer, plan }: Talk): boolean {
  if (!answer) return false;
  const { end, key, source, phase, audibleAt } = answer;
  if (key === GREETING_KEY && !plan.interruption.allowed) return true;
  if (end === undefined || end === 'silence') return false;
  if (source !== 'model') return true;
  return phase === 'speaking' && audibleAt !== undefined;
}

/** How long after the caller's end something happened; the first time counts. */
export function noteTime(answer: Answer, name: keyof TurnTimings, at: number): void {
  if (answer.askedAt === undefined) return;
  answer.timings[name] ??= Math.max(0, Math.round(at - answer.askedAt));
}

export function heardSoFar({ heardBefore, heard }: Answer): string {
  return joined([heardBefore, heard]);
}

/**
 * The caller has taken over: what was heard of it is told, the rest is forgotten.
 * @param isCut the line has ended it, not the caller
 */
export function abandon(draft: Draft, answer: Answer, isCut = false): void {
  const heard = heardSoFar(answer);
  if (answer.reply !== undefined) draft.actions.push({ do: 'drop-model', reply: answer.reply });
  // An answer of which nothing was heard is none; but a greeting is not tried again.
  if (heard === '' && answer.key !== GREETING_KEY) forgetAnswer(draft);
  else closeAnswer(draft, answer, { text: heard, isInterrupted: true, isCut });
}

interface HeardOfIt {
  text: string;
  isInterrupted: boolean;
  isCut?: boolean;
}

/** The answer is over, and this was heard of it. */
export function closeAnswer(draft: Draft, answer: Answer, heard: HeardOfIt): void {
  tellSaid(draft, answer, heard);
  forgetAnswer(draft);
}

export function forgetAnswer({ state, at }: Draft): void {
  delete state.answer;
  state.quietSince = at;
}

function tellSaid(
  draft: Draft,
  answer: Answer,
  { text, isInterrupted, isCut = false }: HeardOfIt,
): void {
  const { key, source, model, tokens, tries, timings, end } = answer;
  if (source === 'model') draft.state.turnsLeft -= 1;
  const reply: StreamReply = {
    text,
    isInterrupted,
    ...(isCut && { isCut }),
    source,
    ...(model !== undefined && { model }),
    ...(tokens && { tokens }),
    ...(tries && { tries }),
    ...(Object.keys(timings).length > 0 && { timings }),
    ...(end && !isInterrupted && { end }),
  };
  draft.actions.push({ do: 'tell', news: { what: 'said', key, reply } });
}

/** So few words are as good as nothing. */
const FEW_WORDS = 3;
/** A quick speaker: an estimate of how long words last, rather too short than too long. */
const MS_PER_CHARACTER = 60;
const SHORT_MS = 1_000;

/** Whether what is left of an answer is so little that the caller may well reply to it already. */
export function isNearlyOver({ answer, now }: Talk): boolean {
  if (!answer || answer.reply !== undefined || answer.end) return false;
  if (answer.phase !== 'speaking') return wordCount(joined(answer.clauses)) <= FEW_WORDS;
  if (!answer.isSaidToEnd || answer.audibleAt === undefined) return false;
  const lastsMs = joined(answer.said).length * MS_PER_CHARACTER;
  return answer.audibleAt + lastsMs - now < SHORT_MS;
}
