import { describe, expect, test } from '@jest/globals';
import { Performance, played } from './stage.ts';

describe('silence', () => {
  test('is asked about, and in the end the call is over', () => {
    expect(played({ brief: { say: 'Hello.' } }, '', 60_000)).toEqual([
      '100 caller hears "Hello."',
      '350 said 0 "Hello." (script)',
      '5350 heard 1 silence',
      '5450 caller hears "Still there?"',
      '5950 said 1 "Still there?" (script)',
      '10950 heard 2 silence',
      '11050 caller hears "Still there?"',
      '11550 said 2 "Still there?" (script)',
      '16550 heard 3 silence',
      '16650 caller hears "Goodbye then."',
      '17150 said 3 "Goodbye then." (script, silence)',
      '17150 ends: silence',
    ]);
  });

  test('counts on from what an earlier stream has heard', () => {
    expect(played({ brief: { silences: 2 } }, '', 6_000)).toContain(
      '5100 caller hears "Goodbye then."',
    );
  });

  test('begins anew when the caller has said something', () => {
    const stage = { brief: { silences: 2 } };
    const log = played(stage, '1000 caller "Yes." 500', 9_000);
    expect(log).toContain('7550 caller hears "Still there?"');
  });

  test('is not broken into while the caller makes a sound, but no noise puts it off for ever', () => {
    expect(played({}, '4500 noise 1500', 11_000)).toEqual(['11000 heard 1 silence']);
    const coughs = Array.from({ length: 40 }, (_, i) => `${i * 1_000} noise 300`).join('\n');
    expect(played({}, coughs, 20_000)[0]).toBe('15000 heard 1 silence');
  });

  test('may be ended by the caller even in the last words', () => {
    const stage = { brief: { silences: 2 } };
    expect(played(stage, '5200 caller "I am here." 600', 8_000)).toEqual([
      '5000 heard 1 silence',
      '5100 caller hears "Goodbye then."',
      '5280 clears',
      '6100 asks 1 "I am here.", sure',
      '6100 heard 2 "I am here."',
      '6500 caller hears "Fine."',
      '6750 said 2 "Fine." (model)',
    ]);
  });
});

describe('keys', () => {
  test('are one turn, ended by #', () => {
    expect(played({}, '1000 key 1\n1500 key 2\n1700 key #', 2_500)).toEqual([
      '1700 asks 1 keys 12, sure',
      '1700 heard 1 keys 12',
      '2100 caller hears "Fine."',
      '2350 said 1 "Fine." (model)',
    ]);
  });

  test('are ended by a pause', () => {
    expect(played({}, '1000 key 1\n3000 key 2', 5_600)).toContain('5500 heard 1 keys 12');
  });

  test('and words are two turns, of which the last is answered', () => {
    const script = '1000 caller "my code" 500\n1600 key 1\n1700 key 2';
    expect(played({}, script, 4_500)).toEqual([
      '4200 heard 1 "my code"',
      '4200 asks 1 keys 12, sure',
      '4200 heard 2 keys 12',
    ]);
  });

  test('stop the assistant at once', () => {
    const stage = { brief: { say: 'Please type your number now.' } };
    expect(played(stage, '700 key 5\n900 key #', 1_000)).toEqual([
      '100 caller hears "Please type your number now."',
      '700 clears',
      '700 said 0 "Please type" (script, interrupted)',
      '900 asks 1 keys 5, sure',
      '900 heard 1 keys 5',
    ]);
  });

  test('that are not listened to change nothing', () => {
    const listen = { keys: false, timeoutSeconds: 5, speechTimeout: 'auto', hints: [] } as const;
    const stage = {
      brief: { say: 'Hello there.', assistant: { listen: { ...listen, hints: [] } } },
    };
    expect(played(stage, '300 key 5\n400 key #', 4_000)).toHaveLength(2);
  });

  test('# alone is nothing', () => {
    expect(played({}, '1000 key #', 4_000)).toEqual([]);
  });

  test('of which there are too many are a turn before the pause', () => {
    const talk = new Performance();
    for (let i = 0; i < 70; i += 1) talk.happen({ type: 'key', digit: '1' });
    expect(talk.log).toContain(`0 heard 1 keys ${'1'.repeat(64)}`);
    expect(talk.wait(3_000).log).toContain('2500 heard 2 keys 111111');
  });
});
