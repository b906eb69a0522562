/** The record says of an answer over a stream what the caller has heard of it: no more, and no less. */
import { align, bareWords } from '../alignment.ts';
import type { CallEvidence } from '../call-evidence.ts';
import type { TurnRecord } from '../evidence.ts';
import { heardWords } from '../stream-evidence.ts';
import type { HeardWord, StreamTalk } from '../stream-evidence.ts';
import type { Findings } from '../verdict.ts';

/** The word in whose middle an answer was stopped may be counted or not. */
const BOUNDARY_WORDS = 1;
/** What is heard is known from marks, a fifth of a second apart, which travel: short words slip through. */
const UNTOLD_WORDS = 2;

interface ReplyWord {
  word: string;
  reply: Reply;
}

interface Reply {
  key: string;
  isInterrupted: boolean;
  words: readonly string[];
}

/** @param turns of the call, but for those that came by webhooks */
export function checkStreamReplies(
  call: CallEvidence,
  talk: StreamTalk,
  turns: readonly TurnRecord[],
  findings: Findings,
): void {
  const heard = heardWords(talk);
  const interrupted = interruptedTurns(call);
  const replies = turns
    .toSorted((a, b) => a.position - b.position)
    .flatMap(({ key, reply, status }): Reply[] => {
      if (reply === null || reply === '' || status !== 'answered') return [];
      return [{ key, isInterrupted: interrupted.has(key), words: bareWords(reply) }];
    });
  const told = replies.flatMap((reply) => reply.words.map((word): ReplyWord => ({ word, reply })));
  const pairs = align(
    heard.map(({ word }) => ({ word, weight: 0 })),
    told.map(({ word }) => word),
  );
  let at = 0;
  for (const reply of replies) {
    const places = pairs.slice(at, at + reply.words.length);
    at += reply.words.length;
    findings.count('repliesOverStreams');
    if (reply.isInterrupted) findings.count('repliesInterrupted');
    checkUnheard(call, reply, places, findings);
    if (reply.isInterrupted) checkUntold(call, reply, { places, heard }, findings);
  }
}

function checkUnheard(
  { callId }: CallEvidence,
  { key, isInterrupted, words }: Reply,
  places: readonly number[],
  findings: Findings,
): void {
  const unheard = places.flatMap((place, at) => (place < 0 ? [at] : []));
  const isBoundary = ([first = 0]: number[]) =>
    isInterrupted && first >= words.length - BOUNDARY_WORDS;
  if (unheard.length === 0 || isBoundary(unheard)) return;
  const what = unheard.map((at) => words[at]).join(' ');
  findings.violation('unheard-words', callId, `turn ${key}: ${JSON.stringify(what)}`);
}

/** More of the clause in which it was stopped was heard than is told. */
function checkUntold(
  { callId }: CallEvidence,
  { key }: Reply,
  { places, heard }: { places: readonly number[]; heard: readonly HeardWord[] },
  findings: Findings,
): void {
  const last = places.findLast((place) => place >= 0);
  const clause = last === undefined ? undefined : heard[last]?.seq;
  if (last === undefined || clause === undefined) return;
  const more = heard.slice(last + 1).filter(({ seq }) => seq === clause);
  if (more.length <= UNTOLD_WORDS) return;
  const words = more.map(({ word }) => word).join(' ');
  const what = `turn ${key}: ${JSON.stringify(words)} (truth log ${clause})`;
  findings.violation('untold-words', callId, what);
}

/** By key, from the newest record of each turn. */
function interruptedTurns({ events }: CallEvidence): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { type, data } of events) {
    if (type !== 'call.turn.completed') continue;
    const { turn } = data as { turn: { key: string; isInterrupted?: boolean } };
    if (turn.isInterrupted) keys.add(turn.key);
    else keys.delete(turn.key);
  }
  return keys;
}
