/** Where an answer is cut so that its beginning is spoken while the rest is still written. */
import { describe, expect, test } from '@jest/globals';
import { SpokenClauses } from '../../../src/orchestrator/streaming/spoken-clauses.ts';
import { streamText } from './stream-text.ts';

const clausesOf = (text: string) => streamText(text).clauses;

describe('clauses end at the ends of sentences', () => {
  test.each<[string, string[]]>([
    ['Hello. How are you? Fine.', ['Hello.', 'How are you?', 'Fine.']],
    ['Yes! At seven then. Good.', ['Yes!', 'At seven then.', 'Good.']],
    ['“Hello.” That is what he said.', ['“Hello.”', 'That is what he said.']],
    ['It is open (until ten.) Good.', ['It is open (until ten.)', 'Good.']],
    ['Well… let me look. There.', ['Well…', 'let me look.', 'There.']],
    ['Gut! 😀 Bis morgen dann.', ['Gut!', 'Bis morgen dann.']],
    ['Really?! I did not know.', ['Really?!', 'I did not know.']],
    ['ok. that is fine. see you then.', ['ok. that is fine.', 'see you then.']],
    ['One\n\nTwo three four five six', ['One', 'Two three four five six']],
    ['We have:\n- fish\n- potato soup', ['We have:', 'fish. potato soup.']],
    [
      '您好。请问您需要什么帮助？我们今天有位子。',
      ['您好。', '请问您需要什么帮助？我们今天有位子。'],
    ],
    ['「はい。」そうです。', ['「はい。」', 'そうです。']],
    ['مرحبا. كيف حالك اليوم؟ أنا بخير.', ['مرحبا.', 'كيف حالك اليوم؟', 'أنا بخير.']],
    ['नमस्ते। आप कैसे हैं? ठीक है।', ['नमस्ते।', 'आप कैसे हैं?', 'ठीक है।']],
  ])('%j', (text, clauses) => {
    expect(clausesOf(text)).toEqual(clauses);
  });
});

describe('no clause ends', () => {
  test.each([
    ['in a price', 'It costs 3.50 euros a day.'],
    ['in a German price', 'Das macht 1.250,99 Euro.'],
    ['in a time', 'Come at 7.30 or 8:15 please.'],
    ['behind a title', 'Ask for Dr. Miller or Mrs. Jones then.'],
    ['behind a Latin abbreviation', 'Bring something, e.g. Wine.'],
    ['behind a German one', 'Nehmen Sie z. B. Tee, bzw. Kaffee.'],
    ['behind the half of a day', 'We close at 10 p.m. On Sundays.'],
    ['behind an initial', 'The name is J. Smith then.'],
    ['behind a number of a list', '1. Tell me your name.'],
    ['behind a German ordinal', 'Am 3. Mai geht es.'],
    ['behind the number sign', 'Take bus No. 5 there.'],
    ['behind an abbreviation that nobody knows', 'It is abt. five minutes.'],
    ['in an address on the net', 'Write to a.b@example.com today.'],
  ])('%s', (_where, text) => {
    expect(clausesOf(text)).toEqual([text]);
  });

  test('in a number that is said digit by digit', () => {
    const [first] = clausesOf('I have your number as 5, 5, 5, 1, 2, 3, 4, 7, 8, 9 here. Right?');
    expect(first).toBe('I have your number as 5, 5, 5, 1, 2, 3, 4, 7, 8, 9 here.');
  });
});

describe('the first clause is short', () => {
  test.each<[string, string]>([
    ['Sure, I can look that up for you, one moment please.', 'Sure, I can look that up for you,'],
    [
      'I can do that for you on Friday – or on Saturday evening.',
      'I can do that for you on Friday –',
    ],
    [
      'I have found a good table for the four of you at half past seven because somebody has cancelled.',
      'I have found a good table for the four of you at half past seven',
    ],
  ])('%j', (text, first) => {
    expect(clausesOf(text)[0]).toBe(first);
    expect(clausesOf(text).join(' ')).toBe(text);
  });

  test('and is given out as soon as the next sentence begins', () => {
    const given: string[] = [];
    const spoken = new SpokenClauses({}, (clause) => void given.push(clause));
    spoken.push('Of course. ');
    expect(given).toEqual([]);
    spoken.push('A');
    expect(given).toEqual(['Of course.']);
  });

  test('and is the first one that can be said', () => {
    expect(clausesOf('😀! 🎉! Sure, I can look that up for you, one moment.')[0]).toBe(
      'Sure, I can look that up for you,',
    );
  });
});

describe('a clause is never long', () => {
  test.each([
    ['words without a sign', 'word '.repeat(400)],
    ['letters without a space', 'a'.repeat(2_000)],
    ['characters of two units', '𝒳'.repeat(1_000)],
    ['a language without spaces', '我们今天有位子'.repeat(200)],
    ['a bracket that never closes', `[${'some word '.repeat(200)}`],
    ['a star that never closes', `a *${'some word '.repeat(200)}`],
    ['a tag that never closes', `a <b ${'some word '.repeat(200)}`],
  ])('of %s', (_what, text) => {
    const { clauses } = streamText(text);
    expect(clauses.length).toBeGreaterThan(3);
    expect(Math.max(...clauses.map(({ length }) => length))).toBeLessThanOrEqual(620);
    expect(clauses.join('')).not.toMatch(/\p{Surrogate}/u);
  });
});

describe('markup that spans clauses is not heard', () => {
  test.each<[string, string]>([
    ['**Bold. And more.** Done.', 'Bold. And more. Done.'],
    ['*Stress. And more of it.* Done.', 'Stress. And more of it. Done.'],
    ['_Stress. And more of it._ Done.', 'Stress. And more of it. Done.'],
    [
      '[Click here. Now.](https://a.example/b. c) Done.',
      '[Click here. Now.](https://a.example/b. c) Done.',
    ],
    ['[Click here. Now.](https://a.example/b) Done.', 'Click here. Now. Done.'],
    ['A <span title="b. c">word. And</span> more.', 'A word. And more.'],
    ['One. <!-- Two. Three. --> Four.', 'One. Four.'],
    ['<think>One. Two. Three.</think>Four. Five.', 'Four. Five.'],
    ['One. <think>Two. Three.</think> Four.', 'One. Four.'],
    ['One. {"a": "Two. Three. {", "b": [1, "Four. "]} Five.', 'One. Five.'],
    ['```json\n{"a": "One. Two. Three."}\n```\nFour. Five.', 'Four. Five.'],
    [
      '| Mon. to Fri. | 9. to 5. |\n|---|---|\n| Sat. | closed |\n\nThat is all.',
      'Mon. to Fri., 9. to 5. Sat., closed. That is all.',
    ],
    ['Goodbye. end_call (farewell="Bye. Bye.") Really.', 'Goodbye. Really.'],
    ['One. &#123;&#34;a&#34;: &#34;Two. Three. Four.&#34;&#125; Five.', 'One. Five.'],
    [
      'One. Two [three (four.) Five.](https://a.example/b) Six.',
      'One. Two three (four.) Five. Six.',
    ],
    ['One, two &amp;lt; three. Four.', 'One, two < three. Four.'],
    ['a < b. And 5 * 3. Fine, AT&T.', 'a < b. And 5 * 3. Fine, AT&T.'],
  ])('%j', (text, spoken) => {
    expect(clausesOf(text).join(' ')).toBe(spoken);
  });

  test('nor is half of it, when the other half never comes', () => {
    const { text } = streamText(`Well. *${'Some words here. '.repeat(60)}`);
    expect(text).toMatch(/^Well\. Some words here\./);
    expect(text).not.toContain('*');
  });
});

describe('an answer that breaks off', () => {
  test.each<[string, string]>([
    ['We are open. Until ten. And on Sun', 'We are open. Until ten.'],
    ['Wir haben', 'Wir haben'],
    ['Yes. "We are open." And th', 'Yes. "We are open."'],
    ['{"a": "b', ''],
  ])('%j', (text, spoken) => {
    expect(streamText(text, { isCut: true }).text).toBe(spoken);
  });
});
