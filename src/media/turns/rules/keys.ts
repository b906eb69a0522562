/**
 * Keys of the telephone: collected while they are typed, one turn in the end. What was said before or
 * meanwhile is a turn before it, so that both reach the model in one question.
 */
import type { Draft, Look } from '../state.ts';
import { takeDigits } from './hearing.ts';
import { beginTurn, passOver } from './turn.ts';

/** After a key the next one is waited for so long. */
const PAUSE_MS = 2_500;
/** The longest number that anybody types: one of a card, with all that may belong to it. */
const MOST_KEYS = 64;

export function takeKey({ state, at }: Draft, digit: string): void {
  const { caller, assistant } = state;
  if (!assistant.listen.keys || !/^[0-9*#A-D]$/.test(digit)) return;
  if (digit === '#') {
    if (caller.keys !== '') caller.typing = 'done'; // alone it means nothing
    return;
  }
  if (caller.typing === 'done' || caller.keys.length >= MOST_KEYS) return;
  caller.keys += digit;
  caller.keyAt = at;
  caller.typing = 'typing';
}

export function keys(draft: Draft): Look {
  const { state, at } = draft;
  const { caller } = state;
  if (caller.keys === '' || state.answer) return undefined;
  const isFull = caller.typing === 'done' || caller.keys.length >= MOST_KEYS;
  if (!isFull && at < caller.keyAt + PAUSE_MS) return caller.keyAt + PAUSE_MS;
  const digits = takeDigits(draft);
  passOver(draft);
  beginTurn(draft, { kind: 'keys', digits }, { endedAt: caller.keyAt });
  return 'again';
}
