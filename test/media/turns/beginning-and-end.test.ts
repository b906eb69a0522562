import { describe, expect, test } from '@jest/globals';
import { Performance, planned, played } from './stage.ts';

describe('the first words', () => {
  test('may be talked over like all others', () => {
    const stage = { brief: { say: 'Welcome to the old town hotel.' } };
    const log = played(stage, '600 caller "A room please." 700', 2_000);
    expect(log.slice(0, 3)).toEqual([
      '100 caller hears "Welcome to the old town hotel."',
      '680 clears',
      expect.stringMatching(/said 0 "Welcome to" \(script, interrupted\)$/),
    ]);
    expect(log).toContain('1600 heard 1 "A room please."');
  });

  test('are a greeting to whoever says hello at the same time', () => {
    const stage = { brief: { say: 'Welcome to the hotel.' } };
    expect(played(stage, '0 caller "hello?" 300', 2_500)).toEqual([
      '60 clears',
      '700 caller hears "Welcome to the hotel."',
      '1700 said 0 "Welcome to the hotel." (script)',
    ]);
  });

  test('bridge a lost stream, while what was left unanswered is answered', () => {
    const heard = { kind: 'speech', text: 'Where are you?' } as const;
    const brief = {
      say: 'Where were we?',
      isGreeting: false,
      nextKey: '4',
      pending: { key: '3', heard },
    };
    expect(played({ brief }, '', 2_000)).toEqual([
      '0 asks 1 "Where are you?", sure',
      '0 heard 3 "Where are you?"',
      '100 caller hears "Where were we?"',
      '850 caller hears "Fine."',
      '1100 said 3 "Fine." (model)',
    ]);
  });

  test('greet before anything is answered', () => {
    const heard = { kind: 'keys', digits: '7' } as const;
    const brief = { say: 'Welcome.', nextKey: '2', pending: { key: '1', heard } };
    expect(played({ brief }, '', 1_000)).toEqual([
      '100 caller hears "Welcome."',
      '350 said 0 "Welcome." (script)',
      '350 asks 1 keys 7, sure',
      '350 heard 1 keys 7',
      '750 caller hears "Fine."',
      '1000 said 1 "Fine." (model)',
    ]);
  });

  test('and what was left unanswered are passed over when the caller says something else', () => {
    const heard = { kind: 'keys', digits: '7' } as const;
    const brief = { say: 'Welcome to us.', nextKey: '2', pending: { key: '1', heard } };
    expect(played({ brief }, '400 key 5\n500 key #', 600)).toEqual([
      '100 caller hears "Welcome to us."',
      '400 clears',
      '400 said 0 "Welcome" (script, interrupted)',
      '500 heard 1 keys 7',
      '500 asks 1 keys 5, sure',
      '500 heard 2 keys 5',
    ]);
  });

  test('are left out where the assistant waits for the caller', () => {
    expect(played({}, '', 4_000)).toEqual([]);
  });
});

describe('the end', () => {
  const asked = '1000 caller "Where are you?" 1000';

  test('follows a phrase of the assistant and nothing else', () => {
    const script = '1000 caller "Goodbye!" 500\n2000 caller "thank you" 500';
    expect(played({}, script, 4_000)).toEqual([
      '1800 heard 1 "Goodbye!"',
      '1900 caller hears "Have a nice day."',
      '2900 said 1 "Have a nice day." (script, end-phrase)',
      '2900 heard 2 "thank you"',
      '2900 ends: end-phrase',
    ]);
    const more = played({}, '1000 caller "Goodbye, one more thing." 500', 4_000);
    expect(more).toContain('1800 asks 1 "Goodbye, one more thing.", sure');
  });

  test('is not put off by what is said before its last words can be heard', () => {
    const script = '1000 caller "Goodbye!" 500\n2000 caller "thank you" 500';
    expect(played({ voiceMs: 1_500 }, script, 6_000)).toEqual([
      '1800 heard 1 "Goodbye!"',
      '3300 caller hears "Have a nice day."',
      '4300 said 1 "Have a nice day." (script, end-phrase)',
      '4300 heard 2 "thank you"',
      '4300 ends: end-phrase',
    ]);
  });

  test('of the line leaves what was heard, and every word that no turn had yet', () => {
    const stage = { model: { 'Where are you?': { clauses: ['We are in the old town.'] } } };
    expect(played(stage, `${asked}\n3500 hangs up`, 4_000).slice(3)).toEqual([
      '3500 said 1 "We are in" (model, interrupted)',
      '3500 line ended, ended',
    ]);
    expect(played({}, `${asked}\n1800 hangs up`, 4_000)).toEqual([
      '1800 heard 1 "Where are"',
      '1800 line ended, ended',
    ]);
  });

  test('of a line that is lost leaves an answer in the middle of which it was to whoever goes on', () => {
    const stage = { model: { 'Where are you?': { clauses: ['We are in the old town.'] } } };
    expect(played(stage, `${asked}\n3500 loses line`, 4_000).slice(3)).toEqual([
      '3500 said 1 "We are in" (model, cut)',
      '3500 line ended, ended',
    ]);
    // A greeting is not said again.
    const greeting = { brief: { say: 'Good morning, who is there?', isGreeting: true } };
    expect(played(greeting, '600 loses line', 1_000).at(-2)).toMatch(/said 0 .*interrupted/);
  });

  test('of the line leaves an answer that nobody has heard to whoever goes on', () => {
    expect(played({}, `${asked}\n2500 hangs up`, 4_000).slice(2)).toEqual([
      '2500 drops 1',
      '2500 line ended, ended',
    ]);
  });

  test.each(['recogniser-failed', 'voice-failed'] as const)('is given up: %s', (type) => {
    const talk = new Performance().play(asked, 1_800);
    talk.happen({ type });
    expect(talk.log).toEqual(['1800 heard 1 "Where are"', '1800 gives up: speech-failed']);
    expect(talk.state.status).toBe('ended');
  });

  test('is a goodbye for which nobody needs to be understood', () => {
    const talk = new Performance().play('1000 caller "Goodbye." 500', 2_000);
    talk.happen({ type: 'recogniser-failed' });
    expect(talk.wait(4_000).log.at(-1)).toBe('2900 ends: end-phrase');
  });

  test('is a giving up when nothing is heard of what was said', () => {
    const talk = new Performance({ brief: { say: 'Hello.' }, voiceMs: 600_000 });
    expect(talk.wait(30_000).log).toEqual(['15600 gives up: speech-failed']);
  });

  test('is silent where the assistant has no last words', () => {
    const ending = { phrases: ['goodbye'], message: '' };
    const stage = planned({}, { brief: { assistant: { ending } } });
    expect(played(stage, '1000 caller "Goodbye." 500', 2_000)).toEqual([
      '1800 heard 1 "Goodbye."',
      '1800 said 1 "" (script, end-phrase)',
      '1800 ends: end-phrase',
    ]);
  });
});
