/** Every utterance is in the transcript exactly once and in order, or counts as refused. */
import type { CallEvidence, Posting } from '../call-evidence.ts';
import { overAtMs, postingsOf } from '../call-evidence.ts';
import type { Evidence, TurnRecord } from '../evidence.ts';
import { wasTemporalAway } from '../outages.ts';
import type { Refusals } from '../refusals.ts';
import { streamTalkOf } from '../stream-evidence.ts';
import type { Findings } from '../verdict.ts';
import { isSameSpeech, plainKeys } from '../words.ts';

/** So long after its end a call still takes late words; a little less, to be fair. */
const LATE_WORDS_MS = 14_000;

export function checkUtterances(
  call: CallEvidence,
  evidence: Evidence,
  refusals: Refusals,
  findings: Findings,
): void {
  const postings = postingsOf(call);
  countSpoken(call, postings, findings);
  const kept = new Map<string, TurnRecord>();
  for (const posting of postings) judge(posting);
  checkOrder(call, postings, kept, refusals, findings);
  checkInvented(call, postings, kept, findings);

  function judge(posting: Posting): void {
    const turn = call.turns.find(({ key }) => key === posting.key);
    const isRefused = refusals.isLogged(call.callId, posting.key);
    const wasAskedAgain = refusals.wasAskedAgain(call, posting.key);
    findings.count('posted');
    if (turn && isKept(posting, turn)) {
      if (kept.has(posting.key)) findings.count('postedTwice'); // the same words, once more
      kept.set(posting.key, turn);
      findings.count(turn.status);
      if (isRefused) findings.count('refusedThoughKept');
      return;
    }
    if (wasAskedAgain && !isRefused) {
      return findings.violation('refusal-not-logged', call.callId, describe(posting));
    }
    if (isRefused) return judgeRefused(posting, wasAskedAgain);
    if (posting.answers.length === 0 && posting.faults.length > 0) {
      return findings.count('undelivered'); // the drill itself has kept them back
    }
    const endedAtMs = overAtMs(call);
    const sentAtMs = posting.sentAtMs[0];
    if (endedAtMs !== undefined && sentAtMs !== undefined && sentAtMs > endedAtMs + LATE_WORDS_MS) {
      return findings.count('tooLate');
    }
    if (turn) {
      return findings.violation(
        'changed-words',
        call.callId,
        `${describe(posting)}; kept: ${JSON.stringify(turn.heard)}`,
      );
    }
    findings.count('lost');
    findings.violation('lost-words', call.callId, describe(posting));
  }

  function judgeRefused(posting: Posting, wasAskedAgain: boolean): void {
    findings.count('refused');
    const endedAtMs = overAtMs(call) ?? Number.POSITIVE_INFINITY;
    const isOver = posting.answers.every(({ atMs }) => atMs >= endedAtMs);
    if (!wasAskedAgain && !isOver) {
      findings.violation('nobody-asked-again', call.callId, describe(posting));
    }
    const [firstMs = 0] = posting.sentAtMs;
    const lastMs = posting.answers.at(-1)?.atMs ?? firstMs;
    if (wasTemporalAway(evidence.run, { fromMs: firstMs, toMs: lastMs }) === false) {
      findings.violation('refused-without-reason', call.callId, describe(posting));
    }
  }
}

function isKept(posting: Posting, turn: TurnRecord): boolean {
  const { kind, text = '', digits = '' } = turn.heard;
  if (posting.input === 'speech') return kind === 'speech' && isSameSpeech(posting.text, text);
  return kind === 'keys' && plainKeys(digits) === posting.text;
}

function countSpoken(call: CallEvidence, postings: Posting[], findings: Findings): void {
  const overStreams = new Set(
    call.truth.flatMap((entry) => (entry.kind === 'stream-voice' ? [entry.utteranceId] : [])),
  );
  const sent = new Set(postings.flatMap(({ utteranceIds }) => utteranceIds));
  for (const entry of call.truth) {
    if (entry.kind !== 'spoke' || entry.input === 'silence' || overStreams.has(entry.utteranceId))
      continue;
    findings.count('utterances');
    if (!entry.heard) findings.count('nobodyListened');
    else if (!sent.has(entry.utteranceId)) findings.count('neverPosted'); // hung up before
  }
}

function checkOrder(
  call: CallEvidence,
  postings: Posting[],
  kept: Map<string, TurnRecord>,
  refusals: Refusals,
  findings: Findings,
): void {
  let last: TurnRecord | undefined;
  for (const posting of postings.toSorted((a, b) => a.seq - b.seq)) {
    const turn = kept.get(posting.key);
    // Words that were refused and taken all the same come when they come.
    if (!turn || refusals.isLogged(call.callId, posting.key)) continue;
    if (last && turn.position < last.position) {
      findings.violation(
        'words-out-of-order',
        call.callId,
        `turn ${turn.key} (position ${turn.position}) was said after turn ${last.key} (position ${last.position})`,
      );
    }
    last = turn;
  }
}

function checkInvented(
  call: CallEvidence,
  postings: Posting[],
  kept: Map<string, TurnRecord>,
  findings: Findings,
): void {
  if (streamTalkOf(call)) return; // found there
  const posted = new Set(postings.map(({ key }) => key));
  for (const turn of call.turns) {
    if (turn.heard.kind === 'silence' || kept.has(turn.key)) continue;
    if (posted.has(turn.key)) continue; // found above to be changed
    const words = JSON.stringify(turn.heard);
    findings.violation('invented-words', call.callId, `turn ${turn.key} holds ${words}`);
  }
}

function describe(posting: Posting): string {
  const { key, text, seq, requestId, sentAtMs, statuses, faults } = posting;
  const injected = faults.length > 0 ? `, injected: ${faults.join(', ')}` : '';
  return (
    `turn ${key}: ${JSON.stringify(text.slice(0, 200))} (truth log ${seq}, request ${requestId}, ` +
    `sent ${sentAtMs.length} times, answered ${statuses.join(', ') || 'never'}${injected})`
  );
}
