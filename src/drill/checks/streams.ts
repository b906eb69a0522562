/** Calls over media streams: nobody is greeted twice, and every stream comes to its end. */
import { bareWords } from '../alignment.ts';
import type { CallEvidence } from '../call-evidence.ts';
import { overAtMs, postingsOf } from '../call-evidence.ts';
import type { Evidence } from '../evidence.ts';
import { heardWords, streamTalkOf } from '../stream-evidence.ts';
import type { StreamTalk } from '../stream-evidence.ts';
import type { Findings } from '../verdict.ts';
import { checkStreamReplies } from './stream-replies.ts';
import { checkStreamWords } from './stream-words.ts';

/** So many words make a greeting known. */
const GREETING_WORDS = 5;
/** Whose stream was lost before this has not been greeted yet. */
const GREETED_MS = 3_000;
/** After Twilio's last word on the call a stream may be closed so late. */
const CLOSED_MS = 5_000;

export function checkStreams(call: CallEvidence, evidence: Evidence, findings: Findings): void {
  const talk = streamTalkOf(call);
  if (!talk) return;
  findings.count('callsOverStreams');
  findings.count('streams', talk.spans.length);
  const posted = new Set(postingsOf(call).map(({ key }) => key));
  const turns = call.turns.filter(({ key }) => !posted.has(key));
  checkStreamWords(call, talk, turns, findings);
  checkStreamReplies(call, talk, turns, findings);
  checkGreeting(call, talk, findings);
  checkEnds(call, talk, evidence, findings);
}

function checkGreeting(call: CallEvidence, talk: StreamTalk, findings: Findings): void {
  const greeting = bareWords(call.row?.greeting ?? '').slice(0, GREETING_WORDS);
  if (greeting.length < GREETING_WORDS) return;
  const heard = heardWords(talk);
  const seqs = heard.flatMap(({ seq }, at) => {
    const isIt = greeting.every((word, nth) => heard[at + nth]?.word === word);
    return isIt ? [seq] : [];
  });
  const greeted = seqs.filter((seq) => !wasLostAtOnce(talk, seq));
  if (greeted.length < 2) return;
  const places = greeted.map((seq) => `truth log ${seq}`).join(', ');
  findings.violation('greeted-twice', call.callId, places);
}

/** Whether the stream over which it was heard had only begun when it was lost. */
function wasLostAtOnce({ spans, heard }: StreamTalk, seq: number): boolean {
  const streamSid = heard.find((entry) => entry.seq === seq)?.streamSid;
  const span = spans.find((each) => each.streamSid === streamSid);
  return span?.overAtMs !== undefined && span.overAtMs - span.startedAtMs < GREETED_MS;
}

function checkEnds(
  call: CallEvidence,
  { spans }: StreamTalk,
  { run }: Evidence,
  findings: Findings,
): void {
  const endMs = overAtMs(call);
  for (const { seq, overAtMs: streamOverMs } of spans) {
    const isLate = endMs !== undefined && (streamOverMs ?? Infinity) - endMs > CLOSED_MS;
    const isOpen = streamOverMs === undefined && run.isSettled;
    if (!isLate && !isOpen) continue;
    findings.violation('stream-not-over', call.callId, `the stream of truth log ${seq}`);
  }
}
