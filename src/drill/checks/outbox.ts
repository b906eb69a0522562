/** Customers are told what the record of a call holds: every event of it, once, and nothing else. */
import type { CallEvidence } from '../call-evidence.ts';
import type { Evidence, OutboxRecord } from '../evidence.ts';
import type { Findings } from '../verdict.ts';

export function checkOutboxOf(call: CallEvidence, { database }: Evidence, findings: Findings) {
  const { callId, events } = call;
  const told = database.outbox.filter((event) => event.callId === callId);
  findings.count('outboxEvents', told.length);
  const bySequence = new Map<number, OutboxRecord>();
  for (const event of told) {
    const sequence = event.sequence ?? 0;
    if (bySequence.has(sequence)) differs(`event ${sequence} is told twice`);
    bySequence.set(sequence, event);
  }
  for (const { sequence, type, at } of events) {
    const found = bySequence.get(sequence);
    bySequence.delete(sequence);
    if (!found) differs(`event ${sequence} (${type}) is not told`);
    else if (found.type !== type || Date.parse(found.occurredAt) !== Date.parse(at)) {
      differs(`event ${sequence} is ${type} at ${at}, told as ${found.type}, ${found.occurredAt}`);
    }
  }
  for (const { sequence, type } of bySequence.values()) {
    differs(`event ${sequence} (${type}) is told, and not recorded`);
  }

  function differs(what: string): void {
    findings.violation('events-differ', callId, what);
  }
}
