/** How the command line shows calls to a person. Pure: text in, text out. */
import type { ActiveCall, HangUpResult } from '../call-manager.ts';
import type { CallSnapshot, Heard } from '../../workflows/contract.ts';

export function callTable(calls: ActiveCall[]): string {
  if (calls.length === 0) return 'No calls.';
  const rows = calls.map(({ callId, direction, status, startedAt }) => [
    callId,
    direction,
    status,
    startedAt,
  ]);
  return table([['CALL', 'DIRECTION', 'STATUS', 'STARTED'], ...rows]);
}

export function callText(call: CallSnapshot): string {
  const reason = call.endReason ? ` (${call.endReason})` : '';
  const lines = [
    `${call.callId}  ${call.direction}  ${call.status}${reason}`,
    `from ${oneLine(call.from)} to ${oneLine(call.to)}${call.callSid ? `, Twilio ${call.callSid}` : ''}`,
  ];
  if (call.dial === 'unclear') {
    lines.push('Twilio may or may not have placed this call; it is not dialled again.');
  }
  if (call.dial === 'refused') {
    lines.push(`Twilio did not place this call (${oneLine(call.dialCode ?? 'no reason given')}).`);
  }
  if (call.greeting) lines.push(`  assistant  ${oneLine(call.greeting)}`);
  if (call.earlierTurns !== undefined) {
    lines.push(`  … ${call.earlierTurns} earlier turns are in the record …`);
  }
  for (const turn of call.turns) {
    lines.push(`  caller     ${heardText(turn.heard)}`);
    const dash = turn.isInterrupted ? ' —' : '';
    if (turn.reply) lines.push(`  assistant  ${oneLine(turn.reply)}${dash}`);
    if (turn.status !== 'answered') lines.push(`             (${turn.status})`);
  }
  return lines.join('\n');
}

export function hangUpText(results: HangUpResult[]): string {
  if (results.length === 0) return 'No calls to end.';
  const words = {
    ended: 'ended',
    'was-over': 'was over already',
    unknown: 'is not known',
    failed: 'may not have ended: Temporal or its workers did not answer',
  };
  return results.map(({ callId, result }) => `${callId} ${words[result]}`).join('\n');
}

function heardText(heard: Heard): string {
  if (heard.kind === 'speech') return oneLine(heard.text);
  return heard.kind === 'keys' ? `[keys ${heard.digits}]` : '[silence]';
}

/** Words of others as one line that cannot move the cursor or turn the text of a terminal around. */
export function oneLine(text: string): string {
  return text
    .replace(/[\s\u0085]+/g, ' ')
    .replace(/\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .trim();
}

/** Columns side by side; the first row is the heading. */
export function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
