import { describe, expect, test } from '@jest/globals';
import { readDetails } from '../../../src/orchestrator/providers/demo/details.ts';
import { merge } from '../../../src/orchestrator/providers/demo/merge.ts';
import { normalise } from '../../../src/orchestrator/providers/demo/numbers.ts';
import type { Slots } from '../../../src/orchestrator/providers/demo/slots.ts';

// A Tuesday, eleven in the morning.
const NOW = { day: '2026-11-24', minutes: 11 * 60 };

function understood(sentence: string, asked = 'kind', known: Slots = {}): Slots {
  return merge(known, readDetails(sentence, normalise(sentence), asked, NOW), NOW).slots;
}

function clock(minutes: number | undefined): string {
  if (minutes === undefined) return 'none';
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

describe('number words', () => {
  test.each([
    ['twenty-first', '21st'],
    ['seven thirty', '7 30'],
    ['seven oh five', '7 05'],
    ['forty two', '42'],
    ['a hundred and five', '105'],
    ['two hundred', '200'],
    ['that one', 'that one'],
    ['one moment', 'one moment'],
    ['just a second', 'just a second'],
    ['the second of May', 'the 2nd of may'],
    ["eight o'clock p.m.", '8 oclock pm'],
    ['7.30 and 1,000', '7:30 and 1000'],
    ['Yes! No? Well...', 'yes , no , well'],
    ['O’Neil', "o'neil"],
  ])('%s → %s', (spoken, figures) => {
    expect(normalise(spoken)).toBe(figures);
  });
});

describe('times', () => {
  test.each([
    ['tuesday at ten thirty', '10:30'],
    ['at four pm', '16:00'],
    ['half past seven', '19:30'],
    ['half seven', '19:30'],
    ['at half five', '17:30'],
    ['quarter to eight', '19:45'],
    ['a quarter after two', '14:15'],
    ['quarter past 7 p.m.', '19:15'],
    ['seven thirty in the evening', '19:30'],
    ['eleven fifteen in the morning', '11:15'],
    ['twenty past six', '18:20'],
    ['ten to nine', '20:50'],
    ['five minutes to eight', '19:55'],
    ['noon', '12:00'],
    ['at midday', '12:00'],
    ['12 pm', '12:00'],
    ['nine am', '9:00'],
    ['nine in the morning', '9:00'],
    ['at nine', '21:00'],
    ['19:30', '19:30'],
    ['at 19 hours', '19:00'],
    ["eight o'clock", '20:00'],
    ['around seven ish', '19:00'],
    ['tonight at eight', '20:00'],
    ['tomorrow morning at ten', '10:00'],
    ['tomorrow morning at one', '13:00'],
    ['lunch tomorrow at twelve thirty', '12:30'],
    ['lunch at eleven', '11:00'],
    ['six forty-five', '18:45'],
    ['six forty five pm', '18:45'],
    ['seven oh five', '19:05'],
    ['not at seven but at eight', '20:00'],
    ['in two hours', '13:00'],
    ['in half an hour', '11:30'],
    ['at 10 pm', 'none'],
    ['midnight', 'none'],
    ['at five in the morning', 'none'],
  ])('%s → %s', (sentence, expected) => {
    expect(clock(understood(sentence).minutes)).toBe(expected);
  });

  test.each([
    ['seven', '19:00'],
    ['ten thirty', '10:30'],
    ['sevenish', '19:00'],
    ['can we do 8', '20:00'],
    ['twelve', '12:00'],
    ['730', '19:30'],
    ['one', '13:00'],
    ['seven or so', '19:00'],
    ['no idea', 'none'],
    ['four people', 'none'],
    ['in 3 days', 'none'],
  ])('asked for the time, %s → %s', (sentence, expected) => {
    expect(clock(understood(sentence, 'time').minutes)).toBe(expected);
  });

  test.each<[string, Slots, string]>([
    ['nine', { kind: 'appointment' }, '9:00'],
    ['ten', { part: 'evening' }, 'none'],
    ['one', { day: NOW.day }, '13:00'],
    ['eleven', { day: NOW.day }, 'none'],
    ['no, in the morning', { spoken: { minutes: 1260, exact: false }, minutes: 1260 }, '9:00'],
    ['in the afternoon', { spoken: { minutes: 600, exact: true }, minutes: 600 }, 'none'],
    ['an hour later', { spoken: { minutes: 600, exact: true }, minutes: 600 }, '11:00'],
    ['half an hour earlier', { spoken: { minutes: 600, exact: true }, minutes: 600 }, '9:30'],
  ])('%s with %j known → %s', (sentence, known, expected) => {
    expect(clock(understood(sentence, 'time', known).minutes)).toBe(expected);
  });
});

describe('days', () => {
  test.each([
    ['today', '2026-11-24'],
    ['tonight', '2026-11-24'],
    ['this evening', '2026-11-24'],
    ['tomorrow', '2026-11-25'],
    ['tomorrow morning', '2026-11-25'],
    ['day after tomorrow', '2026-11-26'],
    ['the day after tomorrow', '2026-11-26'],
    ['Tuesday', '2026-12-01'],
    ['friday', '2026-11-27'],
    ['this friday', '2026-11-27'],
    ['next friday', '2026-12-04'],
    ['friday next week', '2026-12-04'],
    ['friday week', '2026-12-04'],
    ['a week from friday', '2026-12-04'],
    ['a week on monday', '2026-12-07'],
    ['a week from today', '2026-12-01'],
    ['tomorrow week', '2026-12-02'],
    ['in two weeks', '2026-12-08'],
    ['a fortnight from now', '2026-12-08'],
    ['in 3 days', '2026-11-27'],
    ['three days from now', '2026-11-27'],
    ['the fifth of december', '2026-12-05'],
    ['December 5th at 7:30 p.m.', '2026-12-05'],
    ['december the fifth', '2026-12-05'],
    ['December twenty-first', '2026-12-21'],
    ['5 December', '2026-12-05'],
    ['may third', '2027-05-03'],
    ['the third of may 2027', '2027-05-03'],
    ['on the twenty first', '2026-12-21'],
    ['on the second', '2026-12-02'],
    ['Friday the 4th', '2026-12-04'],
    ['the first of the month', '2026-12-01'],
    ['12/5', '2026-12-05'],
    ['2026-12-05', '2026-12-05'],
    ['this weekend', '2026-11-28'],
    ["new year's eve", '2026-12-31'],
    ['christmas', '2026-12-25'],
    ['not monday but thursday', '2026-11-26'],
    ['thursday instead of monday', '2026-11-26'],
    ['monday does not work, thursday please', '2026-11-26'],
    ['monday, no wait, tuesday', '2026-12-01'],
    ['no, thursday', '2026-11-26'],
    ['may I book a table', undefined],
    ['we sat in the sun', undefined],
    ['just a second', undefined],
    ['the day and the time', undefined],
    ['I cannot make friday', undefined],
    ['yesterday', undefined],
    ['last friday', undefined],
    ['february 30th', undefined],
    ['the 31st of november', undefined],
    ['next week', undefined],
    ['in december', undefined],
    ['december', undefined],
    ['the third of may 2031', undefined],
  ])('%s → %s', (sentence, expected) => {
    expect(understood(sentence).day).toBe(expected);
  });

  test.each([
    ['the 5th', '2026-12-05'],
    ['fifth', '2026-12-05'],
    ['28', '2026-11-28'],
    ['32', undefined],
  ])('asked for the day, %s → %s', (sentence, expected) => {
    expect(understood(sentence, 'day').day).toBe(expected);
  });
});

describe('people', () => {
  test.each([
    ['two of us and a baby', 3],
    ['a party of six', 6],
    ['just me', 1],
    ["I'm alone", 1],
    ['for myself', 1],
    ['table for four', 4],
    ['table for four in the evening', 4],
    ['a table for 2 at 7', 2],
    ['for four at seven', 4],
    ['dinner for two tomorrow at eight', 2],
    ['two adults and three children', 5],
    ['my wife and I', 2],
    ['my partner and me', 2],
    ['with my friend', 2],
    ['me and two friends', 3],
    ['me and my wife and two kids', 4],
    ['a couple', 2],
    ['for the two of us', 2],
    ['just the two of us', 2],
    ['there will be six of us', 6],
    ['we are eight', 8],
    ['a family of five', 5],
    ['a dozen people', 12],
    ['half a dozen', 6],
    ['four or five people', 5],
    ['no, not four, five people', 5],
    ['four people, no, five people', 5],
    ['we need three seats', 3],
    ["it's four of us, no wait, five", 5],
    ['reservation for seven thirty', undefined],
    ['a couple of days', undefined],
    ['at seven', undefined],
    ['a hundred people', undefined],
    ['table for zero', undefined],
  ])('%s → %s', (sentence, expected) => {
    expect(understood(sentence).party).toBe(expected);
  });

  test.each([
    ['four', 4],
    ['one', 1],
    ['for', 4],
    ['I think five', 5],
    ['one moment', undefined],
  ])('asked for them, %s → %s', (sentence, expected) => {
    expect(understood(sentence, 'party').party).toBe(expected);
  });

  test.each([
    ['one more person', 5],
    ['another guest', 5],
    ['two people less', 2],
    ['two more people', 6],
  ])('%s after four → %i', (sentence, expected) => {
    expect(understood(sentence, 'confirm', { kind: 'table', party: 4 }).party).toBe(expected);
  });
});

describe('what is booked', () => {
  test.each([
    ['I would like to come by', undefined],
    ['a table please', 'table'],
    ['dinner tomorrow', 'table'],
    ['for four people', 'table'],
    ['an appointment', 'appointment'],
    ['I need to see the dentist', 'appointment'],
    ['I need to see someone', 'appointment'],
    ["I don't want a table, I want an appointment", 'appointment'],
    ['not an appointment, a table', 'table'],
  ])('%s → %s', (sentence, expected) => {
    expect(understood(sentence).kind).toBe(expected);
  });
});

test.each([
  ['Table for 2, tomorrow, 7pm, Smith', 'Smith'],
  ['a table for two tomorrow, please', undefined],
  ['a table for two, on Friday', undefined],
  ['a table for two, Robin', undefined],
])('a name may just stand at the end: %s', (sentence, name) => {
  expect(understood(sentence).name).toBe(name);
});

test('one sentence can hold everything', () => {
  const sentence =
    'Hi, my name is John Smith and I need a table for two of us and a baby, not this Monday but Thursday, at half past seven';
  expect(understood(sentence)).toMatchObject({
    kind: 'table',
    party: 3,
    day: '2026-11-26',
    minutes: 19 * 60 + 30,
    name: 'John Smith',
  });
});
