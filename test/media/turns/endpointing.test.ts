import { describe, expect, test } from '@jest/globals';
import { Performance, planned, played } from './stage.ts';

test('a recogniser that makes up words without end makes no turn that is longer than any', () => {
  const talk = new Performance();
  for (let n = 0; n < 100; n += 1)
    talk.happen({ type: 'final', text: `${n} ${'word '.repeat(780)}` });
  talk.play('', 10_000);
  const told = talk.actions.flatMap((each) => (each.do === 'tell' ? [each.news] : []));
  const [first] = told.flatMap((news) => (news.what === 'heard' ? [news.heard] : []));
  expect(first).toMatchObject({ kind: 'speech', text: expect.stringMatching(/^0 word word/) });
  expect(JSON.stringify(first).length).toBeLessThan(16_100);
});

describe('the end of a turn', () => {
  test('comes 300 ms after a sentence, counted from the real end of the voice', () => {
    expect(played({}, '1000 caller "I want a table." 1200', 4000)).toEqual([
      '2500 asks 1 "I want a table.", sure',
      '2500 heard 1 "I want a table."',
      '2900 caller hears "Fine."',
      '3150 said 1 "Fine." (model)',
    ]);
  });

  test('comes 800 ms after words without an end; the model is asked half-way', () => {
    expect(played({}, '1000 caller "I want a table" 1200', 4000)).toEqual([
      '2600 asks 1 "I want a table", likely',
      '3000 heard 1 "I want a table"',
      '3100 caller hears "Fine."',
      '3350 said 1 "Fine." (model)',
    ]);
  });

  test('comes late after a number, so that a pause in it cuts nobody off', () => {
    const script = `
      1000 caller "my number is 0 1 5" 1200
      3000 caller "2 2 3." 600`;
    expect(played({}, script, 6000)).toEqual([
      '2950 asks 1 "my number is 0 1 5", likely',
      '3300 drops 1',
      '4350 asks 2 "my number is 0 1 5 2 2 3.", likely',
      '5100 heard 1 "my number is 0 1 5 2 2 3."',
      '5200 caller hears "Fine."',
      '5450 said 1 "Fine." (model)',
    ]);
  });

  test('does not come when the voice comes back; what was asked early is dropped', () => {
    const script = `
      1000 caller "I want a table" 1000
      2500 caller "for two." 500`;
    expect(played({}, script, 5000)).toEqual([
      '2400 asks 1 "I want a table", likely',
      '2850 drops 1',
      '3300 asks 2 "I want a table for two.", sure',
      '3300 heard 1 "I want a table for two."',
      '3700 caller hears "Fine."',
      '3950 said 1 "Fine." (model)',
    ]);
  });

  test('a cough puts it off, and what was asked early is used all the same', () => {
    const script = `
      1000 caller "I want a table" 1000
      2450 noise 100`;
    expect(played({}, script, 5000)).toEqual([
      '2400 asks 1 "I want a table", likely',
      '3350 heard 1 "I want a table"',
      '3450 caller hears "Fine."',
      '3700 said 1 "Fine." (model)',
    ]);
  });

  test('is as the plan of the assistant says', () => {
    const plan = { endpointing: { afterPunctuation: 1000 } };
    const log = played(planned(plan), '1000 caller "I want a table." 1000', 3500);
    expect(log.slice(0, 2)).toEqual([
      '2300 asks 1 "I want a table.", likely',
      '3000 heard 1 "I want a table."',
    ]);
  });

  test('comes after the longest wait with what is known, when the recogniser says nothing', () => {
    const log = played({ recogniserMs: 'never' }, '1000 caller "I want a table." 1000', 5500);
    expect(log).toContain('5000 heard 1 "I want a table."');
  });

  test('words that come after the longest wait are not lost', () => {
    const stage = { recogniserMs: 3500, hasInterim: false };
    const log = played(stage, '1000 caller "I want a table." 1000', 5800);
    expect(log).toContain('5700 heard 1 "I want a table."');
  });

  test('a guess that was taken for words is not told again when it becomes final', () => {
    const talk = new Performance({ recogniserMs: 'never' });
    talk.play('1000 caller "I want a table." 1000', 5300);
    talk.happen({ type: 'final', text: 'I want a table. For two.' });
    talk.wait(6000);
    expect(talk.log.filter((line) => line.includes('heard '))).toEqual([
      '5000 heard 1 "I want a table."',
      '5300 heard 2 "For two."',
    ]);
  });

  test('words that are said again after a guess are words again', () => {
    const talk = new Performance({ recogniserMs: 'never' }).play('1000 caller "Yes." 500', 4_600);
    talk.happen({ type: 'final', text: 'Yes.' });
    talk.happen({ type: 'final', text: 'Yes.' });
    const late = new Performance({ recogniserMs: 'never' }).play('1000 caller "Yes." 500', 9_900);
    late.happen({ type: 'final', text: 'Yes.' });
    const heard = (log: string[]) => log.filter((line) => / heard \d "/.test(line)).length;
    expect([heard(talk.wait(5_500).log), heard(late.wait(11_000).log)]).toEqual([2, 2]);
  });

  test('is not late for ever because the recogniser failed to answer once', () => {
    const talk = new Performance({ recogniserMs: 'never' });
    talk.play('1000 caller "I want a table." 1000', 6_500);
    talk.happen({ type: 'voice', voice: 'began', since: 6_400 });
    talk.wait(7_500);
    talk.happen({ type: 'voice', voice: 'ended', since: 7_300 });
    talk.happen({ type: 'final', text: 'Hello there.' });
    talk.happen({ type: 'flushed' });
    talk.wait(7_700);
    expect(talk.log).toContain('7600 heard 2 "Hello there."');
  });

  test('waits for a caller who speaks for long, though the recogniser tells nothing meanwhile', () => {
    const talk = played({ hasInterim: false }, '1000 caller "A long story." 26000', 28_000);
    expect(talk).toEqual([
      expect.stringMatching(/asks 1 "A long story.", sure$/),
      '27300 heard 1 "A long story."',
      '27700 caller hears "Fine."',
      '27950 said 1 "Fine." (model)',
    ]);
  });

  test('words count although no voice was noticed', () => {
    const stage = { isVoiceMissed: true, hasInterim: false };
    expect(played(stage, '1000 caller "I want a table." 1000', 2800)).toContain(
      '2700 heard 1 "I want a table."',
    );
  });

  test('words that stay a guess are asked for', () => {
    const talk = new Performance();
    talk.happen({ type: 'partial', text: 'a table' });
    talk.wait(900);
    expect(talk.actions.at(-1)).toEqual({ do: 'flush', voiceGoesOn: false });
  });

  test('a speech that does not end is told in parts', () => {
    const talk = new Performance();
    const step = (type: 'voice' | 'final', more: object) =>
      talk.happen({ type, ...more } as Parameters<typeof talk.happen>[0]);
    step('voice', { voice: 'began', since: 0 });
    for (let at = 1_000; at <= 70_000; at += 1_000) {
      talk.wait(at);
      step('final', { text: `${at / 1_000}` });
    }
    expect(talk.log.filter((line) => line.includes('heard '))).toEqual([
      expect.stringMatching(/^61000 heard 1 "1 2 3 .* 59 60"$/),
    ]);
  });
});

describe('words after the end of a turn', () => {
  const slow = { model: { 'I want a table.': { after: 1500 } } };

  test('join it, as long as nothing of the answer was heard', () => {
    const script = `
      1000 caller "I want a table." 1000
      2600 caller "For two." 500`;
    expect(played(slow, script, 5000)).toEqual([
      '2300 asks 1 "I want a table.", sure',
      '2300 heard 1 "I want a table."',
      '3400 drops 1',
      '3400 asks 2 "For two.", sure',
      '3400 heard 2 "For two."',
      '3800 caller hears "Fine."',
      '4050 said 2 "Fine." (model)',
    ]);
  });

  test('a cough keeps the answer waiting, but does not replace it', () => {
    const script = `
      1000 caller "I want a table." 1000
      3700 noise 400`;
    expect(played(slow, script, 6000)).toEqual([
      '2300 asks 1 "I want a table.", sure',
      '2300 heard 1 "I want a table."',
      expect.stringMatching(/caller hears "One moment, please."$/),
      '3780 clears',
      '4500 caller hears "Fine."',
      '4750 said 1 "Fine." (model)',
    ]);
  });

  test('a "hello?" while the answer is made does not make another question of it', () => {
    const script = `
      1000 caller "I want a table." 1000
      2600 caller "hello?" 400`;
    const log = played(slow, script, 6000);
    expect(log.filter((line) => line.includes('asks'))).toHaveLength(1);
  });
});
