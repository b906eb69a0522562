import { describe, expect, test } from '@jest/globals';
import { converse, DemoModel } from '../../../src/orchestrator/providers/demo/demo-model.ts';
import { demoAssistant } from '../../../src/orchestrator/index.ts';
import type { PromptMessage } from '../../../src/orchestrator/llm.ts';
import { FACTS, talk } from './talk.ts';

/** The whole conversation, one line each; `END` where the receptionist ends the call. */
function transcript(...lines: string[]): string[] {
  return talk(lines).flatMap(({ caller, reply, end }) => [
    `> ${caller}`,
    end ? `${reply} END` : reply,
  ]);
}

describe('whole conversations', () => {
  test('what was confirmed and then taken back is not noted', () => {
    const lines = [
      ...['a table for two on friday at seven under the name of Miller', '[the caller pressed 1]'],
      ...['no', 'people', 'goodbye'],
    ];
    expect(talk(lines).at(-1)?.reply).not.toMatch(/noted/);
  });

  test('a table, one thing after the other, with corrections', () => {
    expect(
      transcript(
        'hi there',
        'a table',
        'tomorrow',
        'seven o’clock',
        'two of us and a baby',
        "it's Anna",
        'no, make that half past seven',
        'sorry, Friday',
        'actually for five people',
        'yes please',
      ),
    ).toEqual([
      '> hi there',
      'Hello! Yes, I am here. Would you like a table in the restaurant, or an appointment?',
      '> a table',
      'Gladly. Which day would suit you?',
      '> tomorrow',
      'Very good. Wednesday, the twenty-fifth of November. At what time?',
      '> seven o’clock',
      'Lovely. Seven in the evening. For how many people?',
      '> two of us and a baby',
      'All right. Three people. May I have your name, please?',
      "> it's Anna",
      'Thank you. So that is a table for three people on Wednesday, the twenty-fifth of November, at seven in the evening, under the name of Anna. Is that right?',
      '> no, make that half past seven',
      'All right, I have changed that. Let me read it back: a table for three people on Wednesday, the twenty-fifth of November, at half past seven in the evening, under the name of Anna. Did I get that right?',
      '> sorry, Friday',
      'Of course. Then I have a table for three people on Friday, the twenty-seventh of November, at half past seven in the evening, under the name of Anna. Shall I put it down like that?',
      '> actually for five people',
      'No problem. So that is a table for five people on Friday, the twenty-seventh of November, at half past seven in the evening, under the name of Anna. Is that right?',
      '> yes please',
      'Wonderful, I have noted a table for five people on Friday, the twenty-seventh of November, at half past seven in the evening. Thank you, Anna. This was a demonstration, so nothing is really booked. It was a pleasure talking with you. Goodbye! END',
    ]);
  });

  test('an appointment in two sentences', () => {
    expect(
      transcript(
        'Hi, this is John Smith, I need an appointment the day after tomorrow at ten thirty',
        'perfect',
      ),
    ).toEqual([
      '> Hi, this is John Smith, I need an appointment the day after tomorrow at ten thirty',
      'Thank you. So that is an appointment on Thursday, the twenty-sixth of November, at half past ten in the morning, under the name of John Smith. Is that right?',
      '> perfect',
      'Wonderful, I have noted an appointment on Thursday, the twenty-sixth of November, at half past ten in the morning. Thank you, John Smith. This was a demonstration, so nothing is really booked. It was a pleasure talking with you. Goodbye! END',
    ]);
  });

  test('keys alone, but for the name', () => {
    const keys = (digits: string) => `[the caller pressed ${digits}]`;
    expect(
      transcript(
        keys('1'),
        keys('5'),
        keys('1 9 3 0'),
        keys('4'),
        keys('7'),
        'Jane Doe',
        keys('1'),
      ),
    ).toEqual([
      '> [the caller pressed 1]',
      'Gladly. Which day would suit you?',
      '> [the caller pressed 5]',
      'Very good. Saturday, the fifth of December. At what time?',
      '> [the caller pressed 1 9 3 0]',
      'Lovely. Half past seven in the evening. For how many people?',
      '> [the caller pressed 4]',
      'All right. Four people. May I have your name, please?',
      '> [the caller pressed 7]',
      'A name is hard to hear from keys, please say it. I still need a name. You can also spell it, letter by letter.',
      '> Jane Doe',
      'Thank you. So that is a table for four people on Saturday, the fifth of December, at half past seven in the evening, under the name of Jane Doe. Is that right?',
      '> [the caller pressed 1]',
      'Wonderful, I have noted a table for four people on Saturday, the fifth of December, at half past seven in the evening. Thank you, Jane Doe. This was a demonstration, so nothing is really booked. It was a pleasure talking with you. Goodbye! END',
    ]);
  });

  test('a caller who leaves the choice to us', () => {
    expect(
      transcript(
        "I'd like to book",
        'up to you',
        'yes',
        "I don't know",
        'ok',
        'you choose',
        'sure',
      ),
    ).toEqual([
      "> I'd like to book",
      'Gladly. Would you like a table in the restaurant, or an appointment?',
      '> up to you',
      'Then let me suggest a table in the restaurant. Would you like that?',
      '> yes',
      'Gladly. Which day would suit you?',
      "> I don't know",
      'How about tomorrow, Wednesday, the twenty-fifth of November?',
      '> ok',
      'Very good. Wednesday, the twenty-fifth of November. At what time?',
      '> you choose',
      'How about seven in the evening?',
      '> sure',
      'Lovely. Seven in the evening. For how many people?',
    ]);
  });
});

/** The last answer to these lines. */
function last(...lines: string[]): string {
  const spoken = talk(lines).at(-1);
  return spoken ? (spoken.end ? `${spoken.reply} END` : spoken.reply) : '';
}

const READY = ['a table for two on friday at seven under the name of Miller'];

describe('before the booking is confirmed', () => {
  test.each<[string[], string]>([
    [['no'], 'What should I change: the day, the time, the number of people or the name?'],
    [['no', 'the time'], 'At what time?'],
    [['no', 'the time', 'half past eight'], 'at half past eight in the evening'],
    [['no', 'nothing'], 'a table for two people on Friday'],
    [['no', 'the name', 'Anna'], 'under the name of Anna'],
    [['the day is wrong'], 'Which day would suit you?'],
    [['yes, but make it three people'], 'a table for three people'],
    [["no, that's fine"], 'Goodbye! END'],
    [['that is not right'], 'What should I change'],
    [['make it five'], 'Do you mean the number of people, or the time?'],
    [['make it five', 'people'], 'a table for five people on Friday'],
    [['make it five', 'the time'], 'at five in the afternoon'],
    [['make it five', 'hm', 'five people'], 'a table for five people on Friday'],
    [['an hour later'], 'at eight in the evening'],
    [['a bit later please'], 'At what time?'],
    [['one more person'], 'a table for three people'],
    [['not on friday'], 'Which day would suit you?'],
    [['no, in the morning'], 'In the morning. At what time?'],
    [
      ['an appointment instead'],
      'an appointment on Friday, the twenty-seventh of November, at seven',
    ],
    [['no, half past seven please, and for four'], 'a table for four people on Friday'],
    [["no, it's Anna"], 'under the name of Anna'],
    [['repeat please'], 'a table for two people on Friday'],
    [['what time did you say'], 'at seven in the evening'],
    [['what do you have so far'], 'a table for two people on Friday'],
    [['blah'], 'If everything is right, just say yes.'],
    [['[the caller pressed 2]'], 'What should I change'],
    [
      ['yes, goodbye'],
      'nothing is really booked. It was a pleasure talking with you. Goodbye! END',
    ],
    [['goodbye'], 'I keep nothing of it. Thank you for calling, and goodbye! END'],
    [['cancel it'], 'Nothing is kept. Would you like to make another one?'],
    [['cancel it', 'no'], 'Goodbye! END'],
    [['cancel it', 'yes'], 'Very well. Would you like a table'],
    [['start over'], 'All right, we start again. Would you like a table'],
  ])('%j → %s', (lines, expected) => {
    expect(last(...READY, ...lines)).toContain(expected);
  });
});

describe('values that cannot be', () => {
  test.each<[string[], string]>([
    [['a table yesterday'], 'That day is already over, I am afraid.'],
    [['a table on february 30th'], 'I cannot find that day in the calendar.'],
    [['a table next week'], 'I need the exact day.'],
    [['a table on the third of may 2031'], 'only a year ahead'],
    [['a table today at ten'], 'That time is already past today. At what time?'],
    [['a table tomorrow at eleven at night'], 'the last booking is at half past nine.'],
    [['a table for a hundred people'], 'I can seat up to twenty people.'],
    [['a table for zero people'], 'There should be at least one person.'],
  ])('%j → %s', (lines, expected) => {
    expect(last(...lines)).toContain(expected);
  });

  test('after closing time there is no booking for the same day', () => {
    const facts = { ...FACTS, startedAt: '2026-11-24T21:45:00Z' };
    expect(talk(['a table for tonight'], facts)[0]?.reply).toContain('For today it is too late');
  });
});

describe('what callers say beside the booking', () => {
  test.each<[string, string]>([
    ['who are you', 'I am a computer program'],
    ['are you a robot', 'I am a computer program'],
    ['is this real', 'nothing is really booked'],
    ['help', 'You can correct me at any time'],
    ['when are you open', 'from nine in the morning to ten in the evening'],
    ['are you open on sunday at ten', 'from nine in the morning to ten in the evening'],
    ['can I talk to a human', 'nobody else here'],
    ['do you speak spanish', 'I only speak English'],
    ['Ich möchte einen Tisch', 'I only speak English'],
    ['我想订一张桌子', 'I only speak English'],
    ['how are you', 'I am very well'],
    ['what day is it', 'Tuesday, the twenty-fourth of November'],
    ['tell me a joke', 'served for once'],
    ['thank you', 'You are welcome.'],
    ['where can I park', 'I know nothing about that'],
    ['hold on', 'take your time'],
    ['you are useless', 'I am sorry'],
    ['cancel my booking', 'I cannot see earlier bookings'],
    ['what have you got', 'Nothing yet.'],
    ['can you hear me', 'Yes, I am here.'],
    [
      'say that again',
      'I can book a table in the restaurant or an appointment for you. How can I help?',
    ],
    ['[the caller said nothing]', 'Are you still there?'],
    ['goodbye', 'Thank you for calling. Goodbye! END'],
    ['asdf qwer', 'Sorry, I did not quite get that.'],
    ['', 'Sorry, I did not quite get that.'],
  ])('%s → %s', (line, expected) => {
    expect(last(line)).toContain(expected);
  });

  test('a question on the way does not cost the details beside it', () => {
    expect(last('who is this? I would like a table for four tomorrow')).toMatch(
      /computer program.*A table for four people on Wednesday.*At what time\?/,
    );
  });

  test('the offer of a day can be refused', () => {
    expect(last('a table', 'whatever', 'no')).toContain('I still need the day');
  });
});

describe('the state is the conversation', () => {
  const greeting: PromptMessage = { role: 'assistant', content: demoAssistant.firstMessage };
  const user = (content: string): PromptMessage => ({ role: 'user', content });
  const answer = (...messages: PromptMessage[]) => converse({ messages, call: FACTS }).text;

  test('words that were superseded before they were answered still count', () => {
    expect(answer(greeting, user('a table for two'), user('on friday'))).toContain('At what time?');
  });

  test('an answer that was replaced by the apology was never heard: the question before it stands', () => {
    const asked = 'Very good. Friday, the twenty-seventh of November. At what time?';
    const messages = [
      greeting,
      user('a table on friday'),
      { role: 'assistant', content: asked } as const,
      user('seven'),
      { role: 'assistant', content: demoAssistant.apology } as const,
      user('seven'),
    ];
    // Not seven people: nobody had asked for them yet.
    expect(answer(...messages)).toContain('For how many people?');
  });

  test('a booking that was confirmed can still be changed while the call lasts', () => {
    expect(last(...READY, 'yes', 'wait, make it half past eight')).toContain(
      'at half past eight in the evening, under the name of Miller.',
    );
    expect(last(...READY, 'yes', 'thank you')).toContain('Goodbye! END');
  });

  test('a call without a greeting begins with one', () => {
    expect(answer(user('hello?'))).toContain('this is Robin at Harbour House');
  });

  test('tomorrow is meant by the clock of the caller, not of the server', () => {
    const late = { ...FACTS, startedAt: '2026-11-24T23:30:00Z' };
    const tokyo = { ...late, timeZone: 'Asia/Tokyo' };
    expect(talk(['a table tomorrow'], late)[0]?.reply).toContain('Wednesday');
    expect(talk(['a table tomorrow'], tokyo)[0]?.reply).toContain('Thursday');
  });

  test('a start that cannot be read does not stop the conversation', () => {
    expect(talk(['a table'], { ...FACTS, startedAt: 'soon' })[0]?.reply).toContain('Which day');
  });

  test('the model is ready at once and heeds its signal', async () => {
    const model = new DemoModel();
    await expect(model.ready()).resolves.toBeUndefined();
    const prompt = { system: '', messages: [user('hello')], call: FACTS };
    expect(await model.complete(prompt)).toMatchObject({ model: 'demo/receptionist', end: false });
    const signal = AbortSignal.abort();
    await expect(model.complete(prompt, { signal })).rejects.toMatchObject({ kind: 'timeout' });
  });
});
