/** The record has no gaps, and holds what the workflow has handed over. */
import type { CallEvidence } from '../call-evidence.ts';
import type { RecordedEvent } from '../run-history.ts';
import type { TurnRecord } from '../evidence.ts';
import type { Findings } from '../verdict.ts';

export function checkRecordOf(call: CallEvidence, findings: Findings): void {
  findings.count('turns', call.turns.length);
  findings.count('events', call.events.length);
  checkPositions(call, findings);
  checkSequences(call, findings);
  checkProjection(call, findings);
}

function checkPositions({ callId, turns }: CallEvidence, findings: Findings): void {
  const positions = turns.map(({ position }) => position).sort((a, b) => a - b);
  if (positions.every((position, at) => position === at + 1)) return;
  findings.violation('gap-in-turns', callId, `positions ${positions.join(', ')}`);
}

function checkSequences({ callId, events, row }: CallEvidence, findings: Findings): void {
  const sequences = events.map(({ sequence }) => sequence).sort((a, b) => a - b);
  const isWhole = sequences.every((sequence, at) => sequence === at + 1);
  const isUpToDate = !row || row.lastSequence === sequences.length;
  if (isWhole && isUpToDate) return;
  const known = `last known ${row?.lastSequence ?? 'none'}`;
  findings.violation('gap-in-events', callId, `${sequences.join(', ')}; ${known}`);
}

function checkProjection({ callId, runs, events, turns }: CallEvidence, findings: Findings): void {
  const handed = new Map<number, RecordedEvent>();
  for (const event of runs.flatMap(({ recorded }) => recorded)) handed.set(event.sequence, event);
  const written = new Set(events.map(({ sequence }) => sequence));
  for (const [sequence, event] of handed) {
    if (written.has(sequence)) continue;
    findings.violation('record-differs', callId, `event ${sequence} (${event.type}) is missing`);
  }
  for (const sequence of written) {
    if (handed.has(sequence)) continue;
    findings.violation('record-differs', callId, `event ${sequence} was never handed over`);
  }
  const newest = new Map<string, { position: number; turn: Partial<TurnRecord> }>();
  for (const event of [...handed.values()].sort((a, b) => a.sequence - b.sequence)) {
    if (event.type !== 'call.turn.completed') continue;
    const { position, turn } = event as unknown as { position: number; turn: TurnRecord };
    newest.set(turn.key, { position, turn });
  }
  for (const [key, { position, turn }] of newest) {
    const row = turns.find((each) => each.key === key);
    const isSame =
      row?.position === position &&
      row.status === turn.status &&
      printable(row.reply ?? undefined) === printable(turn.reply ?? undefined);
    if (!isSame) findings.violation('record-differs', callId, `turn ${key}`);
  }
}

/** PostgreSQL holds neither U+0000 nor lone surrogates. */
function printable(text: string | undefined): string | undefined {
  return text?.replaceAll('\u0000', '').replace(/\p{Cs}/gu, '\ufffd');
}
