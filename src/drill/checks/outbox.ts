/** Customers are told what the record of a call holds: every event of it, once, and nothing else. */
import type { CallEvidence } from '../call-evidence.ts';
import type { Evidence, EventRecord, OutboxRecord } from '../evidence.ts';
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
  for (const event of events) {
    const { sequence, type, at } = event;
    const found = bySequence.get(sequence);
    bySequence.delete(sequence);
    if (!found) differs(`event ${sequence} (${type}) is not told`);
    else if (found.type !== type || Date.parse(found.occurredAt) !== Date.parse(at)) {
      differs(`event ${sequence} is ${type} at ${at}, told as ${found.type}, ${found.occurredAt}`);
    } else if (!tellsOf(found.data, event)) differs(`event ${sequence} (${type}) tells otherwise`);
  }
  for (const { sequence, type } of bySequence.values()) {
    differs(`event ${sequence} (${type}) is told, and not recorded`);
  }

  function differs(what: string): void {
    findings.violation('events-differ', callId, what);
  }
}

/** Whether it is of this call, and says of a turn and of the end what the record says. */
function tellsOf(data: unknown, { callId, type, data: recorded }: EventRecord): boolean {
  const told = part(data);
  const call = part(told['call']);
  if ((told['call_id'] ?? call['id']) !== callId) return false;
  const { reason, position, turn } = part(recorded);
  if (type === 'call.ended') return call['status'] === 'ended' && call['end_reason'] === reason;
  if (type !== 'call.turn.completed' || told['shortened'] === true) return true;
  return said(part(told['turn'])) === said({ ...part(turn), position });
}

function said({ key, position, status, heard, reply = null }: Part): string {
  const { kind, text = null, digits = null } = part(heard);
  return JSON.stringify([key, position, status, kind, text, digits, reply]);
}

type Part = Record<string, unknown>;

function part(value: unknown): Part {
  return (typeof value === 'object' && value !== null ? value : {}) as Part;
}
