/** Numbers, days and times in words, as a person says them. */
import type { Day } from './calendar.ts';
import { weekdayOf } from './calendar.ts';

const SMALL = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
];
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty'];
const ORDINALS = [
  '',
  'first',
  'second',
  'third',
  'fourth',
  'fifth',
  'sixth',
  'seventh',
  'eighth',
  'ninth',
  'tenth',
  'eleventh',
  'twelfth',
  'thirteenth',
  'fourteenth',
  'fifteenth',
  'sixteenth',
  'seventeenth',
  'eighteenth',
  'nineteenth',
  'twentieth',
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** 0 to 59 in words; larger numbers in figures. */
export function inWords(value: number): string {
  if (value < 20) return SMALL[value] ?? String(value);
  if (value >= 60) return String(value);
  const ones = value % 10;
  const tens = TENS[Math.floor(value / 10)] ?? '';
  return ones === 0 ? tens : `${tens}-${SMALL[ones]}`;
}

/** 1 to 31: "twenty-first". */
function ordinalInWords(value: number): string {
  if (value <= 20) return ORDINALS[value] ?? String(value);
  if (value === 30) return 'thirtieth';
  return `${TENS[Math.floor(value / 10)]}-${ORDINALS[value % 10]}`;
}

/** "Friday, the fourth of December". */
export function dayInWords(day: Day): string {
  const month = MONTHS[Number(day.slice(5, 7)) - 1] ?? '';
  const date = ordinalInWords(Number(day.slice(8, 10)));
  return `${WEEKDAYS[weekdayOf(day)]}, the ${date} of ${month}`;
}

/** "half past seven in the evening"; minutes since midnight. */
export function timeInWords(minutes: number): string {
  if (minutes === 720) return 'noon';
  if (minutes === 0) return 'midnight';
  const hour = Math.floor(minutes / 60);
  const part =
    hour < 12
      ? 'in the morning'
      : hour < 18
        ? 'in the afternoon'
        : hour < 22
          ? 'in the evening'
          : 'at night';
  return `${clockInWords(minutes)} ${part}`;
}

/** "half past seven", "seven ten", "seven o'clock". */
function clockInWords(minutes: number): string {
  const minute = minutes % 60;
  const hour = hourInWords(Math.floor(minutes / 60));
  if (minute === 0) return hour;
  if (minute === 15) return `a quarter past ${hour}`;
  if (minute === 30) return `half past ${hour}`;
  if (minute === 45) return `a quarter to ${hourInWords(Math.floor(minutes / 60) + 1)}`;
  return `${hour} ${minute < 10 ? `oh ${inWords(minute)}` : inWords(minute)}`;
}

function hourInWords(hour: number): string {
  return inWords(hour % 12 === 0 ? 12 : hour % 12);
}

/** "one person", "four people". */
export function peopleInWords(count: number): string {
  return count === 1 ? 'one person' : `${inWords(count)} people`;
}
