import { describe, expect, test } from '@jest/globals';
import { Performance, planned, played, type Stage } from './stage.ts';

const asked = '1000 caller "Well?" 500';
const answered = (answering: NonNullable<Stage['model']>[string], stage: Stage = {}) =>
  played({ ...stage, model: { 'Well?': answering } }, asked, 4_800).slice(2);

describe('the answer of a model', () => {
  test('is said clause by clause, as it comes', () => {
    expect(answered({ clauses: ['One moment,', 'I look.', 'Yes.'], every: 700 })).toEqual([
      '2200 caller hears "One moment,"',
      '2900 caller hears "I look."',
      '3600 caller hears "Yes."',
      '4200 said 1 "One moment, I look. Yes." (model)',
    ]);
  });

  test('is told by its result alone where a model does not give clauses', () => {
    const talk = new Performance({ model: { 'Well?': { after: 60_000 } } }).play(asked, 2_000);
    const result = { text: 'All at once.', end: false, model: 'demo' };
    talk.happen({ type: 'reply-done', reply: 1, result });
    expect(talk.actions.at(-1)).toEqual({
      do: 'say',
      utterance: 1,
      text: 'All at once.',
      isLast: true,
    });
  });

  test('ends the call when it says so, after its last word was heard', () => {
    expect(answered({ clauses: ['Goodbye.'], end: true })).toEqual([
      '2200 caller hears "Goodbye."',
      '2450 said 1 "Goodbye." (model, assistant-ended)',
      '2450 ends: assistant-ended',
    ]);
  });

  test('that ends the call without a word is said with the message of the assistant', () => {
    expect(answered({ clauses: [], end: true })).toContain('2200 caller hears "Have a nice day."');
  });

  test('is not cut off when it is a goodbye; what is said meanwhile is kept for the record', () => {
    const stage = { model: { 'Well?': { clauses: ['Goodbye and good luck.'], end: true } } };
    expect(played(stage, `${asked}\n2300 caller "thank you too" 500`, 5_000).slice(3)).toEqual([
      '3200 said 1 "Goodbye and good luck." (model, assistant-ended)',
      '3200 heard 2 "thank you too"',
      '3200 ends: assistant-ended',
    ]);
  });

  test('makes room for the caller who has more to say before the goodbye was heard', () => {
    const stage = { model: { 'Well?': { clauses: ['Goodbye.'], end: true } }, voiceMs: 900 };
    const log = played(stage, `${asked}\n2400 caller "One thing more." 600`, 5_000);
    expect(log.filter((line) => line.includes('heard'))).toEqual([
      '1800 heard 1 "Well?"',
      '3300 heard 2 "One thing more."',
    ]);
  });
});

describe('the last turn that is allowed', () => {
  test('is said with the farewell, and ends the call', () => {
    expect(answered({ clauses: ['Yes.'] }, { brief: { turnsLeft: 1 } })).toEqual([
      '2200 caller hears "Yes."',
      '2450 caller hears "We must end here."',
      '3450 said 1 "Yes. We must end here." (model, max-turns)',
      '3450 ends: max-turns',
    ]);
  });

  test('that was talked over leaves only the farewell', () => {
    const log = played({ brief: { turnsLeft: 0 } }, asked, 4_000);
    expect(log).toEqual([
      '1800 heard 1 "Well?"',
      '1900 caller hears "We must end here."',
      '2900 said 1 "We must end here." (script, max-turns)',
      '2900 ends: max-turns',
    ]);
  });
});

describe('a model that fails', () => {
  test('is apologized for, and the call goes on', () => {
    expect(answered({ clauses: [], fails: true })).toEqual([
      '2200 caller hears "Sorry, say that again?"',
      '3200 said 1 "Sorry, say that again?" (apology)',
    ]);
  });

  test('ends the call where the assistant says so, counting what earlier streams had', () => {
    const failure = { endAfter: 2, farewell: 'We call back.' };
    const brief = { apologies: 1, assistant: { failure } };
    expect(answered({ clauses: [], fails: true }, { brief })).toEqual([
      '2200 caller hears "We call back."',
      '2950 said 1 "We call back." (apology, models-failed)',
      '2950 ends: models-failed',
    ]);
  });

  test('on a likely end is asked again when the end is sure, not before', () => {
    const stage = { model: { 'a table': { after: 50, clauses: [], fails: true } } };
    expect(played(stage, '1000 caller "a table" 500', 2_400)).toEqual([
      '1900 asks 1 "a table", likely',
      '2300 asks 2 "a table", sure',
      '2300 heard 1 "a table"',
    ]);
  });

  test('that never says anything is given up after twenty seconds', () => {
    const log = played(planned({ filler: { phrases: [] } }, slow(60_000)), asked, 22_000);
    expect(log.slice(2)).toEqual(['21800 drops 1', '21900 caller hears "Sorry, say that again?"']);
  });
});

function slow(after: number): Stage {
  return { model: { 'Well?': { after } } };
}

describe('fillers', () => {
  test('are said while an answer is waited for, in turn, and are not recorded', () => {
    expect(played(slow(9_000), asked, 12_000).slice(2)).toEqual([
      '2600 caller hears "One moment, please."',
      '7600 caller hears "I am still on it."',
      '10900 caller hears "Fine."',
      '11150 said 1 "Fine." (model)',
    ]);
  });

  test('are finished before the answer', () => {
    expect(played(slow(1_100), asked, 4_000).slice(2, 4)).toEqual([
      '2600 caller hears "One moment, please."',
      '3350 caller hears "Fine."',
    ]);
  });

  test('are never said over the caller', () => {
    const log = played(slow(1_800), `${asked}\n2450 noise 600`, 4_000).slice(2);
    expect(log).toEqual([
      '2510 clears',
      '3700 caller hears "Fine."',
      '3950 said 1 "Fine." (model)',
    ]);
  });

  test('are left out by an assistant that has none, or speaks a language without', () => {
    expect(played(planned({ filler: { phrases: [] } }, slow(3_000)), asked, 4_000)).toHaveLength(2);
    const assistant = { voice: { language: 'fi-FI' } };
    expect(played({ ...slow(3_000), brief: { assistant } }, asked, 4_000)).toHaveLength(2);
  });
});
