/** Turn keys: `3` is the third listen step, `3-2` the second asking of it. */
import type { TurnKey } from '../contract.ts';

/** The key under which the greeting is decided: the turn before the first. */
export const GREETING_KEY: TurnKey = '0';

interface KeyParts {
  turn: number;
  asking: number;
}

/** A key taken apart; undefined when it is not one. Each has one spelling: no `03`, no `3-1`. */
export function parseKey(key: TurnKey): KeyParts | undefined {
  const match = /^(0|[1-9]\d{0,5})(?:-([2-9]|[1-9]\d{1,3}))?$/.exec(key);
  if (!match) return undefined;
  return { turn: Number(match[1]), asking: match[2] === undefined ? 1 : Number(match[2]) };
}

function parts(key: TurnKey): KeyParts {
  return parseKey(key) ?? { turn: 0, asking: 1 };
}

/** Negative when `a` was asked before `b`, positive when after, 0 for the same key. */
export function compareKeys(a: TurnKey, b: TurnKey): number {
  const [first, second] = [parts(a), parts(b)];
  return first.turn - second.turn || first.asking - second.asking;
}

export function isSameTurn(a: TurnKey, b: TurnKey): boolean {
  return parts(a).turn === parts(b).turn;
}

/** Whether the caller was asked to say it again, because Temporal took nothing in time. */
export function isAskedAgain(key: TurnKey): boolean {
  return parts(key).asking > 1;
}

/** The later one of two keys. */
export function laterKey(a: TurnKey, b: TurnKey | undefined): TurnKey {
  return b !== undefined && compareKeys(b, a) > 0 ? b : a;
}

/** The listen step that follows the answer to `key`. */
export function followingKey(key: TurnKey): TurnKey {
  return String(parts(key).turn + 1);
}

/** So many listen steps later. */
export function skipKeys(key: TurnKey, count: number): TurnKey {
  return String(parts(key).turn + count);
}

/** The same listen step, asked once more. */
export function askAgainKey(key: TurnKey): TurnKey {
  const { turn, asking } = parts(key);
  return `${turn}-${asking + 1}`;
}
