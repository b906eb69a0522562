/** What callers say and what the model answers: known to both sides, so that each word can be checked. */

/** Sentences without numbers, so that their end is one. */
export const QUESTIONS = [
  'What time do you open tomorrow morning?',
  'Can I bring my dog to the restaurant?',
  'Do you have a table by the window?',
  'Could you tell me where to park the car?',
  'Is there anything without meat on the menu?',
] as const;

/** Answered at length. */
export const STORIES = [
  'Please tell me everything about your kitchen.',
  'Please tell me everything about the garden.',
  'Please tell me everything about the wine.',
] as const;

/** Said while a story is told. */
export const INTERRUPTIONS = [
  'Sorry, can I ask something else?',
  'Wait, do you also have a terrace?',
  'Thank you, but is there live music?',
] as const;

export const ALL_WORDS: readonly string[] = [...QUESTIONS, ...STORIES, ...INTERRUPTIONS];

const STORY = [
  'It began a long time ago, when nobody was thinking of it yet.',
  'Many people came to look at it, and most of them are coming to this day.',
  'In the evening the lamps are lit, and somebody is playing the piano.',
  'On Sundays the neighbours are invited, and nobody is ever sent away.',
  'Whoever has been here once comes back again and brings a friend.',
  'That was nearly all there is to say about it.',
].join(' ');

/** Says the caller's words back, so that an answer to other words is noticed. */
export function answerTo(words: string): string {
  const said = words.trim();
  if ((STORIES as readonly string[]).includes(said)) return `You want to know. ${STORY}`;
  return `You said: ${said} Yes, of course, with pleasure. What else can I do for you?`;
}

/** Whether so much of a text is what its beginning says, to the word. */
export function isBeginningOf(text: string, heard: string): boolean {
  const [all, some] = [text, heard].map(wordsIn) as [string[], string[]];
  return some.every((word, at) => all[at] === word);
}

export function isSame(a: string, b: string): boolean {
  return wordsIn(a).join(' ') === wordsIn(b).join(' ');
}

function wordsIn(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
