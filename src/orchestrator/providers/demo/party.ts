/** How many people, in normalised text (numbers.ts): "2 of us and a baby" is 3, "just me" is 1. */
import { findAll, lastWanted } from './match.ts';

const PERSON =
  '(?:people|persons?|guests?|adults?|grown ?ups?|diners?|seats?|heads|kids?|child|children|babies|baby|toddlers?|friends?|colleagues?|others?|more|ladies|gentlemen|men|women|of us|pax)';
const COUNTED = new RegExp(
  `\\b(\\d{1,3}|a|an|another) (?:(?:small|little|young|other|more) )?${PERSON}\\b`,
  'g',
);

/** What a sentence says of the number of people: a count, or a change of the count so far. */
export type SpokenParty = { count: number } | { change: number };

/**
 * `expected`: the caller was asked for it, so a bare number counts.
 * `known`: the number so far, for "one more".
 */
export function findParty(text: string, expected: boolean): SpokenParty | undefined {
  const said =
    changed(text) ?? relatives(text) ?? named(text) ?? counted(text) ?? introduced(text, expected);
  return said && 'count' in said ? (correctedAfter(text) ?? said) : said;
}

/** "Four of us, no wait, five": a bare number behind the correction. */
function correctedAfter(text: string): SpokenParty | undefined {
  const match =
    /((?: (?:,|no|wait|sorry|actually|i mean|make (?:it|that)|rather))+) (\d{1,3})(?: please)?$/.exec(
      text,
    );
  const corrects = / (?:no|sorry|actually|i mean|rather|wait)\b/.test(match?.[1] ?? '');
  if (!match || !corrects || !/\d/.test(text.slice(0, match.index))) return undefined;
  return { count: Number(match[2]) };
}

/** "one more", "two fewer": relative to what was said before. */
function changed(text: string): SpokenParty | undefined {
  const more =
    /\b(\d{1,2}|a|an)? ?(?:more|extra|additional) (?:person|people|guests?|seats?|friends?)\b|\b(another|1 more) ?(?:person|guest|seat|friend)?\b(?! day| time| name| table| date| appointment)/.exec(
      text,
    );
  if (more) return { change: Number(more[1]) || 1 };
  const fewer = /\b(\d{1,2}) (?:less|fewer)\b/.exec(text);
  return fewer ? { change: -Number(fewer[1]) } : undefined;
}

/** "just me", "me and my wife", "my wife and I and two kids". */
function relatives(text: string): SpokenParty | undefined {
  if (
    /\b(?:just|only|it's) (?:me|myself|1|one)\b(?! more)|\b(?:(?:by|for) myself|on my own|alone|solo)\b/.test(
      text,
    )
  ) {
    return { count: 1 + sum(text) };
  }
  const relation =
    /\bmy (?:wife|husband|partner|girlfriend|boyfriend|friend|mother|mum|mom|father|dad|son|daughter|sister|brother|boss|colleague)\b/g;
  const others = [...text.matchAll(relation)].length;
  const self = /\b(?:me|myself|and i|with my)\b/.test(text);
  if (others > 0 && self) return { count: 1 + others + sum(text) };
  if (/\bme (?:and|plus) \d/.test(text)) return { count: 1 + sum(text) };
  return undefined;
}

function named(text: string): SpokenParty | undefined {
  if (/\bhalf a dozen\b/.test(text)) return { count: 6 };
  if (/\b(?:a|1) dozen\b/.test(text)) return { count: 12 };
  const extra = sum(text);
  if (
    /\b(?:a couple|a pair|both of us|the both of us)\b(?! of (?:days|weeks|hours|minutes))/.test(
      text,
    )
  ) {
    const withOfUs = /\bof us\b/.test(text) && extra > 0 && /\d+ of us/.test(text);
    return { count: withOfUs ? extra : 2 + extra };
  }
  return undefined;
}

/** "2 adults and 3 children": all that is counted, added up; what is ruled out is left out. */
function counted(text: string): SpokenParty | undefined {
  const range = new RegExp(`\\b(\\d{1,2}) (?:or|to|maybe) (\\d{1,2}) ${PERSON}`).exec(text);
  if (range) return { count: Math.max(Number(range[1]), Number(range[2])) };
  const head =
    /\b(?:table|party|group|family|booking|reservation) (?:for|of) (\d{1,3})\b(?! ?(?:people|persons?|guests?|of us|adults|seats?))/.exec(
      text,
    );
  const total = countIn(text);
  return total === undefined ? undefined : { count: total + (head ? Number(head[1]) : 0) };
}

function sum(text: string): number {
  return countIn(text) ?? 0;
}

/** Undefined when nobody is counted: "zero people" is a count, too. */
function countIn(text: string): number | undefined {
  // "not 4 people, 5 people" corrects; "2 adults and 3 children" adds up.
  const found = findAll(text, COUNTED, ([, count]) => Number(count ?? 1)).filter(
    ({ negated }) => !negated,
  );
  const correction = /, (?:no|sorry|actually|i mean|rather|wait)\b|\b(?:no|sorry|actually) ,/.exec(
    text,
  );
  const after = correction ? found.filter(({ start }) => start > correction.index) : [];
  const counts = after.length > 0 ? after : found;
  if (counts.length === 0) return undefined;
  // "A baby", "another guest".
  return counts.reduce((all, { value }) => all + (Number.isNaN(value) ? 1 : value), 0);
}

/** Times were taken out of the text before; what is left of them is no number of people either. */
const TIME_BEHIND = '(?! ?(?:days?|weeks?|hours?|minutes?|/|:))';
const INTRODUCED = new RegExp(
  `\\b(?:(?:table|party|group|family|booking|reservation|dinner|lunch|breakfast|room|places?|seats?) (?:for|of)|we are|we're|we'll be|there (?:are|will be|is)|there's|for|make it for) (?:about |around |just |only |exactly )?(\\d{1,3})\\b${TIME_BEHIND}`,
  'g',
);

function introduced(text: string, expected: boolean): SpokenParty | undefined {
  const found = findAll(text, INTRODUCED, ([, count]) => Number(count));
  const last = lastWanted(found);
  if (last) return { count: last.value };
  if (!expected) return undefined;
  const bare = findAll(text, new RegExp(`\\b(\\d{1,3})\\b${TIME_BEHIND}`, 'g'), ([, count]) =>
    Number(count),
  );
  const wanted = lastWanted(bare);
  if (wanted) return { count: wanted.value };
  // The recogniser's favourite: "for" and "to" where a number was said.
  const homophone = /^(?:for|to|too|won|ate)$/.exec(text)?.[0];
  const heard = { for: 4, to: 2, too: 2, won: 1, ate: 8 }[homophone ?? ''];
  return heard === undefined ? undefined : { count: heard };
}

/** "table for 4", "4 people": numbers that a reader of times must not take for hours. */
export function countsOfPeople(text: string): { start: number; end: number }[] {
  const headed =
    /\b(?:table|party|group|family) (?:for|of) \d{1,3}\b(?! ?(?:am|pm|oclock|:|\d\d\b))/g;
  return [...findAll(text, headed, () => true), ...findAll(text, COUNTED, () => true)];
}
