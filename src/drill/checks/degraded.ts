/** Whoever was not answered by the model that should have is told of, behind the turn, and nobody else. */
import type { Turn } from '../../../workflows/contract.ts';
import type { CallEvidence } from '../call-evidence.ts';
import type { EventRecord } from '../evidence.ts';
import type { Findings } from '../verdict.ts';

export function checkDegraded({ callId, events }: CallEvidence, findings: Findings): void {
  const bySequence = new Map(events.map((event) => [event.sequence, event]));
  for (const event of events) {
    if (event.type === 'call.degraded') {
      findings.count('degraded');
      const turn = degradedTurn(bySequence.get(event.sequence - 1));
      if (turn && turn.key === (event.data as { turnKey?: string }).turnKey) continue;
      findings.violation('degraded-of-nothing', callId, `event ${event.sequence}`);
    } else if (
      degradedTurn(event) &&
      bySequence.get(event.sequence + 1)?.type !== 'call.degraded'
    ) {
      findings.violation('degraded-untold', callId, `event ${event.sequence}`);
    }
  }
}

function degradedTurn(event: EventRecord | undefined): Turn | undefined {
  if (event?.type !== 'call.turn.completed') return undefined;
  const { turn } = event.data as { turn: Turn }; // written by the product alone
  const { status, replySource, tries = [] } = turn;
  const isFallback = tries.at(0)?.model !== tries.at(-1)?.model;
  const isDegraded = replySource === 'apology' || (replySource === 'model' && isFallback);
  return status === 'answered' && isDegraded ? turn : undefined;
}
