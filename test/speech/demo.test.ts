import { describe, expect, test } from '@jest/globals';
import { DemoRecogniser } from '../../src/speech/recognisers/demo.ts';
import { murmur, silence, spoken } from './caller-audio.ts';
import { Listening } from './listening.ts';
import { aRecogniser } from './recogniser-conformance.ts';

aRecogniser('the recogniser of the demo', async () => ({
  recogniser: new DemoRecogniser(),
  open: () => 0,
  close: async () => undefined,
}));

describe('the recogniser of the demo', () => {
  test('guesses as the words arrive', async () => {
    const caller = new Listening(new DemoRecogniser());
    for (let at = 0, audio = spoken('one two three'); at < audio.length; at += 160) {
      caller.session.send(audio.subarray(at, at + 160));
    }
    await Promise.resolve();
    expect(caller.events).toEqual([
      { type: 'partial', text: 'one' },
      { type: 'partial', text: 'one two' },
      { type: 'partial', text: 'one two three' },
    ]);
  });

  test('says once that it hears a voice and understands nothing', () => {
    let times = 0;
    const recogniser = new DemoRecogniser({ onDeaf: () => (times += 1) });
    new Listening(recogniser).say(murmur(4_000));
    new Listening(recogniser).say(silence(60_000));
    expect(times).toBe(0);
    new Listening(recogniser).say(murmur(12_000));
    new Listening(recogniser).say(murmur(12_000));
    expect(times).toBe(1);
  });

  test('does not mistake the simulated telephone for a human being', () => {
    let times = 0;
    const recogniser = new DemoRecogniser({ onDeaf: () => (times += 1) });
    new Listening(recogniser).say(spoken('word '.repeat(100).trim()));
    expect(times).toBe(0);
  });

  test('keeps no endless text', async () => {
    const caller = new Listening(new DemoRecogniser());
    caller.say(spoken('word '.repeat(1_000).trim()));
    await Promise.resolve();
    expect(caller.count('final')).toBeGreaterThan(1);
    const lengths = caller.events.map((each) => ('text' in each ? each.text.length : 0));
    expect(Math.max(...lengths)).toBeLessThan(2_100);
  });
});
