/** However often a webhook is repeated, it is answered the same; a forgery is refused. */
import { createHash } from 'node:crypto';
import type { CallEvidence } from '../call-evidence.ts';
import type { Evidence } from '../evidence.ts';
import type { Findings } from '../verdict.ts';

/**
 * The decided answer of a turn is one, to the byte. Fillers (which send Twilio round again), an
 * asking again and the empty end of a call that is over are not decided by it.
 */
export function checkAnswers(call: CallEvidence, { run }: Evidence, findings: Findings): void {
  const answers = new Map<string, Map<string, number>>();
  for (const { purpose, key, answers: given } of call.requests.values()) {
    if (key === undefined || purpose === 'replay' || purpose === 'forged') continue;
    for (const { body, seq } of given) {
      if (!isDecided(body, run.fixedLines)) continue;
      const hash = createHash('sha256').update(body).digest('hex');
      const known = answers.get(key) ?? new Map<string, number>();
      if (!known.has(hash)) known.set(hash, seq);
      answers.set(key, known);
    }
  }
  for (const [key, known] of answers) {
    if (known.size < 2) continue;
    const places = [...known.values()].map((seq) => `truth log ${seq}`).join(', ');
    findings.violation('answers-differ', call.callId, `turn ${key}: ${places}`);
  }
}

function isDecided(body: string, fixedLines: readonly string[]): boolean {
  if (!body.includes('<Say')) return false;
  return !fixedLines.some((line) => body.includes(`>${line}<`));
}

/** Forged requests got a 403, or no answer at all, whichever call they were about. */
export function checkForgeries({ truth }: Evidence, findings: Findings): void {
  const forged = new Map<string, string>();
  for (const entry of truth) {
    if (entry.kind === 'fault') {
      findings.count(`injected-${entry.fault}`);
      if (entry.fault === 'forge' && entry.requestId !== undefined) {
        forged.set(entry.requestId, entry.detail ?? '');
      }
    }
  }
  for (const entry of truth) {
    if (entry.kind !== 'response') continue;
    const how = forged.get(entry.requestId);
    if (how === undefined || entry.status === 403) continue;
    const evidence = `${how}: status ${entry.status} (truth log ${entry.seq})`;
    findings.violation('forgery-accepted', entry.callSid, evidence);
  }
}
