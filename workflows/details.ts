/** The call so far as Markdown: the "current details" of the workflow in the Temporal UI. */
import type { Heard, Turn } from './contract.ts';
import { GREETING_KEY } from './rules/keys.ts';
import { turnCount } from './rules/memory.ts';
import type { Conversation } from './rules/state.ts';

/** A page, not a book: of a long call only the newest turns are shown. */
const SHOWN_TURNS = 40;

export function callDetails(state: Conversation): string {
  const greeting = state.heardGreeting ?? state.decided[GREETING_KEY]?.say;
  const shown = state.turns.slice(-SHOWN_TURNS);
  const count = turnCount(state);
  const left = count - shown.length;
  return [
    `**${state.status}**${state.endReason ? ` · ${state.endReason}` : ''} · ${state.call.direction} · ${count} turns`,
    ...(greeting ? [line('Assistant', greeting)] : []),
    ...(left > 0 ? [`… ${left} earlier turns …`] : []),
    ...shown.map(turnLines),
  ].join('\n\n');
}

function turnLines(turn: Turn): string {
  const lines = [line('Caller', heardText(turn.heard))];
  if (turn.reply) lines.push(line('Assistant', turn.reply + (turn.isInterrupted ? ' …' : '')));
  if (turn.status !== 'answered') lines.push(`_(${turn.status})_`);
  return lines.join('\n\n');
}

function heardText(heard: Heard): string {
  if (heard.kind === 'speech') return heard.text;
  return heard.kind === 'keys' ? `[keys ${heard.digits}]` : '[silence]';
}

/** Words of callers and models are shown as they are: no Markdown of theirs takes effect. */
function line(who: string, text: string): string {
  const onOneLine = text.replace(/\s+/g, ' ');
  const escaped = onOneLine.replace(/[\\`*_{}[\]<>()#+!|~-]/g, '\\$&');
  // Viewers make links of bare addresses, unless something invisible stands in them.
  return `**${who}:** ${escaped.replace(/(:\/\/|www\.)/gi, '$1\u200b')}`;
}
