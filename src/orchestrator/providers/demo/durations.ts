/** Spans of time from now or from the time so far, in normalised text (numbers.ts). */
import { findAll, type Found } from './match.ts';

const SOON_MINUTES = 15;

/** "in two hours", "right now": minutes from now. */
export function findDelay(text: string): Found<number> | undefined {
  const found = findAll(
    text,
    /\bin (half an|an|a|\d{1,3}) (hours?|minutes?)\b|\b(right now|immediately|as soon as possible)\b/g,
    ([, count, unit]) => {
      if (count === undefined) return SOON_MINUTES;
      const number = count === 'half an' ? 0.5 : Number(count) || 1;
      return number * (unit?.startsWith('hour') ? 60 : 1);
    },
  );
  return found.find(({ negated }) => !negated);
}

/** "an hour later", "half an hour earlier": minutes, negative for earlier. */
export function findShift(text: string): Found<number> | undefined {
  return findAll(
    text,
    /\b(half an|an|a|\d{1,3}) (hours?|minutes?) (later|earlier|sooner|before that|after that)\b/g,
    ([, count, unit, direction = '']) => {
      const number = count === 'half an' ? 0.5 : Number(count) || 1;
      const minutes = number * (unit?.startsWith('hour') ? 60 : 1);
      return /later|after/.test(direction) ? minutes : -minutes;
    },
  ).find(({ negated }) => !negated);
}
