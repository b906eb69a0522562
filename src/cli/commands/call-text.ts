/** A recorded call with what was said, for a person. Pure. */
import type { z } from 'zod';
import { oneLine } from '../format.ts';
import type { CallForm, callWithTranscript, TurnForm } from './call-forms.ts';

const WHO = { assistant: '  assistant  ', caller: '  caller     ', note: '             ' };

export function assistantLine(text: string): string {
  return WHO.assistant + oneLine(text);
}

export function callerLine({ kind, text, digits }: TurnForm['heard']): string {
  if (kind === 'speech') return WHO.caller + oneLine(text ?? '');
  return WHO.caller + (kind === 'keys' ? `[keys ${oneLine(digits ?? '')}]` : '[silence]');
}

export function noteLine(text: string): string {
  return `${WHO.note}(${oneLine(text)})`;
}

/** Who was talked over breaks off with a dash. */
export function replyLine(reply: string, isInterrupted = false): string {
  return assistantLine(isInterrupted ? `${reply.trimEnd()} —` : reply);
}

export function transcriptText(call: z.output<typeof callWithTranscript>): string {
  const { transcript, temporal_url: temporalUrl } = call;
  const lines = [...headLines(call)];
  if (call.erased_at !== null) lines.push(`What was said was erased at ${call.erased_at}.`);
  if (transcript.greeting !== null) lines.push('', assistantLine(transcript.greeting));
  for (const turn of transcript.turns) {
    lines.push(callerLine(turn.heard));
    if (turn.reply !== null) lines.push(replyLine(turn.reply, turn.interrupted));
    if (turn.status !== 'answered') lines.push(noteLine(turn.status));
  }
  if (call.summary !== null) lines.push('', `Summary: ${oneLine(call.summary)}`);
  if (temporalUrl) lines.push('', `In Temporal: ${oneLine(temporalUrl)}`);
  return lines.join('\n');
}

export function headLines(call: CallForm): string[] {
  const { assistant, session_id: session, duration_seconds: seconds } = call;
  const reason = call.end_reason === null ? '' : ` (${call.end_reason})`;
  const times = [
    `created ${call.created_at}`,
    ...(call.ended_at === null ? [] : [`ended ${call.ended_at}`]),
    ...(seconds === null ? [] : [`${seconds} s long`]),
  ];
  return [
    `${call.id}  ${call.direction}  ${call.status}${reason}`,
    `from ${oneLine(call.from ?? '-')} to ${oneLine(call.to ?? '-')}`,
    ...(assistant ? [`assistant ${assistant.id}, version ${assistant.version}`] : []),
    ...(session === null ? [] : [`session ${session}`]),
    times.join(', '),
    ...dialLines(call),
  ];
}

function dialLines({ dial }: CallForm): string[] {
  if (dial === 'refused') return ['Twilio did not place this call.'];
  if (dial !== 'unclear') return [];
  return ['Twilio may or may not have placed this call; it is not dialled again.'];
}
