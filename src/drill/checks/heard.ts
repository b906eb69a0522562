/** The caller hears only what the workflow has decided for this turn, or a line of the gateway's. */
import type { CallEvidence, Webhook } from '../call-evidence.ts';
import type { Evidence } from '../evidence.ts';
import type { EntryOf } from '../../simulator/index.ts';
import type { Findings } from '../verdict.ts';
import { plainWords } from '../words.ts';

/** The words of every call, to find out whose they are. */
export type WordsByCall = ReadonlyMap<string, readonly string[]>;

export function wordsByCall(calls: readonly CallEvidence[]): WordsByCall {
  return new Map(
    calls.map(({ callId, runs }) => [
      callId,
      runs.flatMap(({ steps, otherWords }) => [...steps.map(({ say }) => say), ...otherWords]),
    ]),
  );
}

export function checkHeard(
  call: CallEvidence,
  { run }: Evidence,
  words: WordsByCall,
  findings: Findings,
): void {
  const fixed = new Set(run.fixedLines.map(plainWords));
  for (const entry of call.truth) {
    if (entry.kind !== 'heard') continue;
    findings.count('heard');
    if (entry.source === 'error') {
      findings.violation('application-error', call.callId, `truth log ${entry.seq}`);
    } else if (entry.source === 'say' || entry.source === 'text') {
      if (fixed.has(plainWords(entry.text))) findings.count('fixedLinesHeard');
      else judge(call, entry, words, findings);
    }
  }
}

function judge(
  call: CallEvidence,
  entry: EntryOf<'heard'>,
  words: WordsByCall,
  findings: Findings,
): void {
  const webhook = entry.requestId === undefined ? undefined : call.requests.get(entry.requestId);
  if (isPartOfAny(entry.text, expected(call, webhook))) return;
  const place = `truth log ${entry.seq}, ${placeName(webhook)}: ${JSON.stringify(entry.text.slice(0, 200))}`;
  if (isPartOfAny(entry.text, words.get(call.callId) ?? [])) {
    return findings.violation('words-of-another-turn', call.callId, place);
  }
  for (const [callId, those] of words) {
    if (callId === call.callId || !isPartOfAny(entry.text, those)) continue;
    return findings.violation('words-of-another-call', call.callId, `${place}; of ${callId}`);
  }
  findings.violation('undecided-words', call.callId, place);
}

/** What may be heard as the answer to this webhook. */
function expected({ runs }: CallEvidence, webhook: Webhook | undefined): string[] {
  const steps = runs.flatMap((run) => run.steps);
  const other = runs.flatMap((run) => run.otherWords);
  // Given over REST: what Twilio was asked to say.
  if (!webhook) return other;
  const { key } = webhook;
  if (key !== undefined) return steps.filter((step) => step.key === key).map(({ say }) => say);
  const { pathname } = new URL(webhook.url);
  if (pathname.includes('/process_speech/') || pathname.endsWith('/call/connect')) {
    return [...steps.map(({ say }) => say), ...other]; // resumes wherever the call is
  }
  return steps.filter((step) => step.key === '0').map(({ say }) => say);
}

/** Long words are said in several parts; the last may be cut off. */
function isPartOfAny(heard: string, whole: readonly string[]): boolean {
  const part = plainWords(heard);
  return whole.some((text) => {
    const all = plainWords(text);
    return all === part || (part.length > 100 && all.includes(part)) || isLastPart(all, part);
  });
}

/** A Say holds at most 4,096 characters: only behind such a part comes a shorter one. */
function isLastPart(all: string, part: string): boolean {
  return all.length > 4_000 && all.includes(part);
}

function placeName(webhook: Webhook | undefined): string {
  if (!webhook) return 'given over REST';
  return webhook.key === undefined ? new URL(webhook.url).pathname : `turn ${webhook.key}`;
}
