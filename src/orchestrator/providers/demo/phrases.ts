/** What the receptionist says. Several wordings of everything: nobody likes to hear a sentence twice. */
import { MAX_PARTY, PLACE, RECEPTIONIST } from './place.ts';
import type { Problem, SlotName, Slots } from './slots.ts';
import { dayInWords, inWords, peopleInWords, timeInWords } from './spoken.ts';

/** What the caller is being asked for. */
export type Question = SlotName | 'confirm' | 'change' | 'number' | 'more';

/** The question as it is first asked. */
const FIRST: Record<Exclude<Question, 'confirm'>, readonly string[]> = {
  kind: [
    'Would you like a table in the restaurant, or an appointment?',
    'What may I book for you: a table or an appointment?',
    'Is it a table that you need, or an appointment?',
  ],
  day: ['Which day would suit you?', 'What day shall I put down?', 'For which day, please?'],
  time: ['At what time?', 'What time would you like?', 'What time shall I put down?'],
  party: [
    'For how many people?',
    'How many of you will there be?',
    'How many people shall I expect?',
  ],
  name: [
    'May I have your name, please?',
    'Under which name, please?',
    'What name shall I put down?',
  ],
  change: [
    'What should I change: the day, the time, the number of people or the name?',
    'Which part is not right yet: the day, the time, the people or the name?',
    'Tell me what to change, for example: make it eight o’clock.',
  ],
  number: [
    'Do you mean the number of people, or the time?',
    'Is that for the people, or for the time?',
  ],
  more: [
    'Would you like to make another one?',
    'Is there anything else that I can book for you?',
    'Shall we start a new booking?',
  ],
};

/** The question with a hint, when the answer was not understood. */
const AGAIN: Record<Question, readonly string[]> = {
  kind: [
    'Please say "a table" or "an appointment", or press one for a table and two for an appointment.',
    'I can book a table in the restaurant, or an appointment. Which one is it?',
    'For a table press one, for an appointment press two.',
  ],
  day: [
    'Which day, please? For example: tomorrow, next Friday, or the fifth of December.',
    'I still need the day. You could say Saturday, or give me the date.',
    'Please tell me a day of the week, or a date.',
  ],
  time: [
    'What time, please? For example: half past seven in the evening.',
    'I still need the time. You can also key it, such as one nine three zero for half past seven in the evening.',
    'Please give me a time between nine in the morning and half past nine in the evening.',
  ],
  party: [
    'How many people, please? Just say a number, or press it on your telephone.',
    'I still need the number of people. You can key it, too.',
    'For how many shall I set the table? A number is enough.',
  ],
  name: [
    'What is the name, please? For example: my name is Anna Smith.',
    'I still need a name. You can also spell it, letter by letter.',
    'Please tell me your last name, and I will write it down.',
  ],
  confirm: [
    'Please say yes or no, or press one for yes and two for no.',
    'If everything is right, just say yes. Otherwise tell me what to change.',
    'Shall I put it down like that, yes or no?',
  ],
  change: [
    'You could say: the day, the time, the number of people, or the name.',
    'Tell me the new day, time, number or name. Or say "nothing", and I leave it as it is.',
    'What shall be different? For example: make it Saturday.',
  ],
  number: ['Please say "people" or "time".', 'Which one is it: people, or time?'],
  more: [
    'Shall I note a new booking, yes or no?',
    'Say yes for a new booking, or goodbye to end the call.',
  ],
};

const CONFIRM: readonly string[] = [
  'Is that right?',
  'Did I get that right?',
  'Shall I put it down like that?',
];

export const NOT_UNDERSTOOD: readonly string[] = [
  'Sorry, I did not quite get that.',
  'I am afraid I did not understand.',
  'Pardon me, that was not clear to me.',
  'I could not make sense of that, sorry.',
];

export const THANKS: readonly string[] = ['Thank you.', 'Very good.', 'Lovely.', 'All right.'];
export const CHANGED: readonly string[] = [
  'Of course.',
  'No problem.',
  'All right, I have changed that.',
];
export const ONCE_MORE: readonly string[] = ['Of course. ', 'Gladly. ', 'Here it is once more. '];

/** One of several wordings; the count goes up with every use. */
export function wording(of: readonly string[], count: number): string {
  return of[count % of.length] ?? '';
}

/** A question in words. `asked` counts how often it was asked before, `hint` gives examples with it. */
export function question(about: Question, slots: Slots, asked: number, hint: boolean): string {
  if (about === 'confirm' && !hint) return `${readBack(slots, asked)} ${wording(CONFIRM, asked)}`;
  if (hint || about === 'confirm') return wording(AGAIN[about], asked);
  if (about === 'change' && slots.kind === 'appointment') {
    return wording(
      [
        'What should I change: the day, the time or the name?',
        'Which part is not right yet: the day, the time or the name?',
      ],
      asked,
    );
  }
  return wording(FIRST[about], asked);
}

function readBack(slots: Slots, asked: number): string {
  const lead = wording(['So that is', 'Let me read it back:', 'Then I have'], asked);
  return `${lead} ${describe(slots)}.`;
}

/** "a table for four people on Friday, the fourth of December, at half past seven in the evening". */
export function describe(slots: Slots): string {
  const { kind, party, day, part, minutes, name } = slots;
  const parts: string[] = [];
  if (kind !== undefined) parts.push(kind === 'table' ? 'a table' : 'an appointment');
  if (party !== undefined && kind !== 'appointment') parts.push(`for ${peopleInWords(party)}`);
  if (day !== undefined) parts.push(`on ${dayInWords(day)}${minutes === undefined ? '' : ','}`);
  if (minutes === undefined && part !== undefined)
    parts.push(day === undefined ? `in the ${part}` : `, in the ${part}`);
  if (minutes !== undefined) parts.push(`at ${timeInWords(minutes)}`);
  const booking = parts.join(' ').replaceAll(' ,', ',');
  if (name === undefined) return booking;
  return booking === '' ? `the name ${name}` : `${booking}, under the name of ${name}`;
}

export function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const PROBLEMS: Record<Problem, string> = {
  'past-day': 'That day is already over, I am afraid.',
  'no-such-day': 'I cannot find that day in the calendar.',
  'vague-day': 'Gladly, but I need the exact day.',
  'too-far': 'The book does not reach that far yet, only a year ahead.',
  'today-over': 'For today it is too late, I am sorry.',
  'past-time': 'That time is already past today.',
  closed:
    'We are open from nine in the morning to ten in the evening, and the last booking is at half past nine.',
  'too-many': `I can seat up to ${inWords(MAX_PARTY)} people.`,
  nobody: 'There should be at least one person.',
};

export const HELLO = `Hello, this is ${RECEPTIONIST} at ${PLACE}. I can book a table in the restaurant or an appointment for you.`;

/** To a caller who needs a moment: no question behind it. */
export const WAITING: readonly string[] = [
  'Of course, take your time.',
  'No hurry.',
  'I am still here, go on when you like.',
];

/** Answers to what callers ask beside the booking. */
export const ANSWERS = {
  who: `I am ${RECEPTIONIST}, the receptionist of ${PLACE}. To be honest, I am a computer program, and this is a demonstration.`,
  real: 'This is a demonstration. I go through everything with you, but nothing is really booked.',
  human: 'I am sorry, in this demonstration there is nobody else here. But I will do my best.',
  help: 'I can note a table in the restaurant or an appointment. Just tell me the day, the time, how many you are and your name, in any order. You can correct me at any time, ask what I have so far, or say goodbye.',
  hours:
    'We are open every day from nine in the morning to ten in the evening. The last booking is at half past nine.',
  elsewhere: 'I am sorry, I know nothing about that. I only keep the book here.',
  language: 'I am afraid I only speak English.',
  'how-are-you': 'I am very well, thank you for asking.',
  joke: 'Why did the table book a table? It wanted to be served for once.',
  rude: 'I am sorry that I make this hard for you. Let us try it step by step.',
} as const;

export const FAREWELL = {
  nothing: 'Thank you for calling. Goodbye!',
  unfinished: 'All right, then I keep nothing of it. Thank you for calling, and goodbye!',
} as const;

/** The last words after a yes. Says openly that nothing real was booked. */
export function doneWords(slots: Slots): string {
  const whose = slots.name === undefined ? '' : ` Thank you, ${slots.name}.`;
  const { name: _name, ...booking } = slots;
  return (
    `Wonderful, I have noted ${describe(booking)}.${whose} ` +
    'This was a demonstration, so nothing is really booked. It was a pleasure talking with you. Goodbye!'
  );
}
