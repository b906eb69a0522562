/** What is kept for the next call is made when a call is over, of something that was said. */
import type { CallEvidence } from '../call-evidence.ts';
import type { Findings } from '../verdict.ts';

export function checkSummaries({ callId, events, turns }: CallEvidence, findings: Findings): void {
  const end = events.find(({ type }) => type === 'call.ended');
  const hasSpoken = turns.some(({ heard }) => heard.kind !== 'silence');
  for (const { type, sequence } of events) {
    if (type !== 'call.summarized') continue;
    findings.count('summaries');
    if (!end || sequence < end.sequence) {
      findings.violation('summary-too-early', callId, `event ${sequence}`);
    }
    if (!hasSpoken) findings.violation('summary-of-nothing', callId, `event ${sequence}`);
  }
}
