import { describe, expect, test } from '@jest/globals';
import { newTalk, nextDeadline, reduce } from '../../../src/media/turns/index.ts';
import type { TalkAction, TalkEvent } from '../../../src/media/turns/index.ts';
import { aBrief } from './a-brief.ts';
import { Performance, planned, played, type Stage } from './stage.ts';

const asked = '1000 caller "Where are you?" 1000';
const church = {
  model: {
    'Where are you?': { clauses: ['We are in the old town,', 'right behind the big church.'] },
  },
};
const begins = [
  '2300 asks 1 "Where are you?", sure',
  '2300 heard 1 "Where are you?"',
  '2700 caller hears "We are in the old town,"',
];
const whole = 'said 1 "We are in the old town, right behind the big church." (model)';

function inOrder(events: TalkEvent[]) {
  const actions: TalkAction[] = [];
  const state = events.reduce((before, event) => {
    const step = reduce(before, event);
    actions.push(...step.actions);
    return step.state;
  }, newTalk());
  return { state, actions };
}

/** What happens after the assistant has begun to speak. */
function after(stage: Stage, script: string, until = 9_000): string[] {
  const log = played(stage, `${asked}\n${script}`, until);
  expect(log.slice(0, 3)).toEqual(begins);
  return log.slice(3);
}

describe('a voice while the assistant speaks', () => {
  test('stops it within 150 ms; its words are the next turn', () => {
    expect(after(church, '3500 caller "wait I meant tomorrow." 1200')).toEqual([
      '3580 clears',
      '3900 said 1 "We are in" (model, interrupted)',
      '5000 asks 2 "wait I meant tomorrow.", sure',
      '5000 heard 2 "wait I meant tomorrow."',
      '5400 caller hears "Fine."',
      '5650 said 2 "Fine." (model)',
    ]);
  });

  test('without a word it was nothing: the assistant goes on with what was not heard', () => {
    expect(after(church, '3500 noise 200')).toEqual([
      '3580 clears',
      '4180 caller hears "the old town,"',
      '4930 caller hears "right behind the big church."',
      `6180 ${whole}`,
    ]);
  });

  test('that says "mhm" is no turn either', () => {
    expect(after(church, '3500 caller "mhm" 250')).toEqual([
      '3580 clears',
      '4180 caller hears "the old town,"',
      '4930 caller hears "right behind the big church."',
      `6180 ${whole}`,
    ]);
  });

  test('that says one word is a turn when the assistant has stopped for it', () => {
    expect(after(church, '3500 caller "no" 250', 4_900)).toEqual([
      '3580 clears',
      '4050 said 1 "We are in" (model, interrupted)',
      '4150 asks 2 "no", likely',
      '4550 heard 2 "no"',
      '4650 caller hears "Fine."',
      '4900 said 2 "Fine." (model)',
    ]);
  });

  test('that says "yeah" to the last words has answered them', () => {
    const stage = { model: { 'Where are you?': { clauses: ['Shall I tell you now?'] } } };
    expect(played(stage, `${asked}\n3300 caller "yeah" 300`, 4_500).slice(3)).toEqual([
      '3380 clears',
      '3900 said 1 "Shall I" (model, interrupted)',
      '4000 asks 2 "yeah", likely',
      '4400 heard 2 "yeah"',
      '4500 caller hears "Fine."',
    ]);
  });

  test('that was nothing twice must be words the third time, or an echo would never let it end', () => {
    const echo = '2720 noise 200\n3700 noise 200\n4700 noise 200\n5700 noise 200';
    const log = after(church, echo, 7_500);
    expect(log.filter((line) => line.endsWith('clears'))).toHaveLength(2);
    expect(log.at(-1)).toMatch(new RegExp(`${whole.replace(/[()]/g, '.')}$`));
  });

  test('that goes on without a word is noise, and the assistant speaks into it', () => {
    expect(after(church, '3000 noise 20000', 9_000)).toEqual([
      '3080 clears',
      '6200 caller hears "are in the old town,"',
      '7450 caller hears "right behind the big church."',
      `8700 ${whole}`,
    ]);
  });

  test('words are understood in the midst of noise', () => {
    const log = after(church, '3000 noise 20000\n7000 caller "please stop now." 900', 12_000);
    expect(log).toContain('7700 clears');
    expect(log.find((line) => line.includes('heard 2'))).toMatch(/"please stop now."$/);
  });

  test('leaves the assistant silent for as long as the plan says', () => {
    const plan = planned({ interruption: { backOff: 2_000 } }, church);
    expect(after(plan, '3500 noise 100', 6_000)).toEqual([
      '3580 clears',
      '5680 caller hears "the old town,"',
    ]);
  });
});

describe('an assistant that does not stop for a short voice', () => {
  const patient = planned({ interruption: { minVoice: 500 } }, church);

  test('talks through a "mhm"', () => {
    expect(after(patient, '3500 caller "mhm" 250')).toEqual([
      '4200 caller hears "right behind the big church."',
      `5450 ${whole}`,
    ]);
  });

  test('stops for a longer one', () => {
    expect(after(patient, '3500 noise 900', 4_300)).toContain('4200 clears');
  });

  test('stops for two words, or one that is always meant so', () => {
    expect(after(patient, '3500 caller "not there" 300', 4_000)).toContain('3900 clears');
    expect(after(patient, '3500 caller "stop" 300', 4_000)).toContain('3900 clears');
    expect(after(patient, '3500 caller "there" 300', 4_000)).toEqual([]);
  });

  test('answers a single word when it has ended', () => {
    expect(after(patient, '3500 caller "tomorrow." 400', 6_000)).toEqual([
      '4200 caller hears "right behind the big church."',
      `5450 ${whole}`,
      '5450 asks 2 "tomorrow.", sure',
      '5450 heard 2 "tomorrow."',
      '5850 caller hears "Fine."',
    ]);
  });
});

describe('an assistant that may not be interrupted', () => {
  const firm = planned({ interruption: { allowed: false } }, church);

  test('is not stopped by anything, and hears what was said when it has ended', () => {
    expect(after(firm, '3500 caller "Stop, I meant tomorrow." 900\n5000 key 7', 5_500)).toEqual([
      '4200 caller hears "right behind the big church."',
      `5450 ${whole}`,
    ]);
    const log = after(firm, '3500 caller "Stop, I meant tomorrow." 900', 6_000);
    expect(log).toContain('5450 heard 2 "Stop, I meant tomorrow."');
  });

  test('says its greeting, whatever the caller says at the beginning', () => {
    const stage = planned({ interruption: { allowed: false } }, { brief: { say: 'This is Ann.' } });
    expect(played(stage, '10 caller "Who is there?" 500', 2_000)).toEqual([
      '100 caller hears "This is Ann."',
      '850 said 0 "This is Ann." (script)',
      expect.stringMatching(/^\d+ asks 1 "Who is there\?"/),
      expect.stringMatching(/^\d+ heard 1 "Who is there\?"/),
      expect.stringMatching(/caller hears "Fine."$/),
      expect.stringMatching(/said 1 "Fine." \(model\)$/),
    ]);
  });
});

describe('what was heard of an answer', () => {
  test('is all that is known after it', () => {
    const talk = new Performance(church);
    talk.play(`${asked}\n3500 caller "No, tomorrow please." 900`, 5_000);
    const said = talk.actions.flatMap((each) =>
      each.do === 'tell' && each.news.what === 'said' ? [each.news] : [],
    );
    expect(said).toEqual([
      {
        what: 'said',
        key: '1',
        reply: {
          text: 'We are in',
          isInterrupted: true,
          source: 'model',
          model: 'demo',
          timings: {
            recognisedMs: 300,
            committedMs: 300,
            firstTokenMs: 600,
            firstAudioMs: 700,
            heardMs: 700,
          },
        },
      },
    ]);
  });

  test('is nothing when the caller spoke before its first sound: the turn is superseded', () => {
    const stage = { ...church, voiceMs: 600 };
    const log = played(stage, `${asked}\n2800 caller "Tomorrow I mean." 900`, 4_500);
    expect(log.filter((line) => line.includes('said'))).toEqual([]);
    expect(log).toContain('4000 heard 2 "Tomorrow I mean."');
  });

  test('is taken as told so far when the playback does not say', () => {
    const { state, actions } = inOrder([
      { type: 'opened', at: 0, hasInterim: true, brief: aBrief({ say: 'One two three.' }) },
      { type: 'audible', at: 100, utterance: 1 },
      { type: 'heard', at: 700, utterance: 1, text: 'One two', isAll: false },
      { type: 'key', at: 700, digit: '5' },
    ]);
    expect(actions.at(-1)).toEqual({ do: 'clear' });
    expect(nextDeadline(state)).toBe(1_200);
    const told = reduce(state, { type: 'time', at: 1_200 }).actions;
    const reply = { text: 'One two', isInterrupted: true, source: 'script' };
    expect(told).toEqual([{ do: 'tell', news: { what: 'said', key: '0', reply } }]);
  });
});
