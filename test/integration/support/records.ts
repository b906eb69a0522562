/** Reads what a call left in its record. */
import type { Turn } from '../../../workflows/contract.ts';
import type { CallEvent } from '../../../workflows/events.ts';
import { eventually } from './eventually.ts';
import type { Voca } from './voca.ts';

/** Each turn as it was recorded last, in order. */
export function recordedTurns(voca: Voca, callId: string): Turn[] {
  const turns = new Map<string, Turn>();
  for (const event of voca.events(callId)) {
    if (event.type === 'call.turn.completed') turns.set(event.turn.key, event.turn);
  }
  return [...turns.values()];
}

/** What was said in each turn, and what became of it. */
export function spokenTurns(voca: Voca, callId: string): [string, string, string][] {
  return recordedTurns(voca, callId).map(({ key, heard, status }) => [
    key,
    heard.kind === 'speech' ? heard.text : heard.kind,
    status,
  ]);
}

export async function ended(
  voca: Voca,
  callId: string,
): Promise<Extract<CallEvent, { type: 'call.ended' }>> {
  return eventually(() => {
    const last = voca.events(callId).find((event) => event.type === 'call.ended');
    if (last?.type !== 'call.ended') throw new Error('the end is not recorded');
    return last;
  });
}
