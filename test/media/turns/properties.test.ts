import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newTalk, nextDeadline, reduce } from '../../../src/media/turns/index.ts';
import type { Talk, TalkAction, TalkEvent } from '../../../src/media/turns/index.ts';
import { frozen } from '../../workflows/builders.ts';
import { aBrief } from './a-brief.ts';
import { Watcher } from './invariants.ts';
import { Performance, type Answering, type Stage } from './stage.ts';

/** An event without its numbers, which depend on what was asked for. */
type Move =
  | { move: 'event'; event: Record<string, unknown> }
  | { move: 'words'; isFinal: boolean; count: number; end: string }
  | { move: 'model'; does: 'first-token' | 'clause' | 'reply-done' | 'reply-failed'; end: boolean }
  | { move: 'line'; does: 'audio-ready' | 'audible' | 'heard' | 'cleared' }
  | { move: 'wait' };

const event = (value: Record<string, unknown>): fc.Arbitrary<Move> =>
  fc.constant({ move: 'event', event: value });

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: event({ type: 'voice', voice: 'began' }) },
  { weight: 4, arbitrary: event({ type: 'voice', voice: 'ended' }) },
  { weight: 4, arbitrary: event({ type: 'flushed' }) },
  { weight: 1, arbitrary: event({ type: 'final', text: 'mhm' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      move: fc.constant('words' as const),
      isFinal: fc.boolean(),
      count: fc.integer({ min: 1, max: 4 }),
      end: fc.constantFrom('', '.', '?', ' 5'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('1', '2', '#', '*').map((digit) => ({
      move: 'event' as const,
      event: { type: 'key', digit },
    })),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      move: fc.constant('model' as const),
      does: fc.constantFrom('first-token', 'clause', 'clause', 'reply-done', 'reply-failed'),
      end: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      move: fc.constant('line' as const),
      does: fc.constantFrom('audio-ready', 'audible', 'heard', 'cleared'),
    }),
  },
  { weight: 6, arbitrary: fc.constant<Move>({ move: 'wait' }) },
);

const timed = fc.array(fc.tuple(fc.nat({ max: 1_500 }), moves), { maxLength: 60 });

const plans = fc.record(
  {
    allowed: fc.boolean(),
    minVoice: fc.constantFrom(0, 80, 500),
    minWords: fc.constantFrom(1, 2),
    backOff: fc.constantFrom(0, 500),
  },
  { noNullPrototype: true },
);

/** Makes a talk and does to it whatever a careless session could do. */
class Chaos {
  readonly watcher = new Watcher();
  state: Talk = newTalk();
  now = 0;
  #reply = 0;
  #utterance = 0;
  #said = '';
  #word = 0;
  #guess = '';
  #guessedAt = 0;

  constructor(brief: Parameters<typeof aBrief>[0], hasInterim: boolean) {
    this.happen({ type: 'opened', brief: aBrief(brief), hasInterim });
  }

  happen(what: Record<string, unknown>): TalkAction[] {
    const step = { ...what, at: this.now } as TalkEvent;
    const before = frozen(this.state);
    const result = reduce(before, frozen(step));
    this.state = result.state;
    this.watcher.see(step, before, result);
    for (const action of result.actions) {
      if (action.do === 'ask-model') this.#reply = action.reply;
      if (action.do === 'say') this.#say(action.utterance, action.text);
    }
    return result.actions;
  }

  /** Lets time pass, as a session does: every deadline is told. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = nextDeadline(this.state);
      if (due === undefined || due > until) break;
      this.now = due;
      this.happen({ type: 'time' });
    }
    this.now = until;
  }

  move(move: Move): void {
    if (move.move === 'event') {
      if (this.now - this.#guessedAt > 3_000) this.#guess = '';
      if (move.event.type === 'final' && this.#guess !== '') return; // it would be part of it
      // All finals are told before.
      if (move.event.type === 'flushed' && this.#guess !== '') this.#speak(true, 0, '.');
      this.happen({ ...move.event, since: this.now - 60 });
    }
    if (move.move === 'words') this.#speak(move.isFinal, move.count, move.end);
    else if (move.move === 'model') this.#answer(move.does, move.end);
    else if (move.move === 'line') this.#play(move.does);
  }

  #say(utterance: number, text: string): void {
    this.#said = utterance === this.#utterance ? `${this.#said} ${text}`.trim() : text;
    this.#utterance = utterance;
  }

  /** A guess grows, and its final says it all; one that is not said again for long was lost. */
  #speak(isFinal: boolean, count: number, end: string): void {
    if (this.now - this.#guessedAt > 3_000) this.#guess = '';
    this.#guessedAt = this.now;
    const words = Array.from({ length: count }, () => `w${(this.#word += 1)}`).join(' ');
    this.#guess = `${this.#guess} ${words}`.trim();
    if (!isFinal) return void this.happen({ type: 'partial', text: this.#guess });
    this.happen({ type: 'final', text: `${this.#guess}${end}`, confidence: 0.8 });
    this.#guess = '';
  }

  #answer(does: string, end: boolean): void {
    const reply = this.#reply;
    const result = { text: end ? 'Bye.' : 'Well.', end, model: 'demo' };
    this.happen({ type: does, reply, text: 'Well then, here we are.', result });
  }

  #play(does: string): void {
    const isAll = does === 'heard';
    const text = isAll ? this.#said : this.#said.split(' ').slice(0, 2).join(' ');
    this.happen({ type: does, utterance: this.#utterance, text, isAll });
  }
}

describe('a talk in any order of events', () => {
  test('keeps every word once, answers a turn once, and never says what is over', () => {
    fc.assert(
      fc.property(
        timed,
        plans,
        fc.boolean(),
        fc.boolean(),
        (story, interruption, greets, interim) => {
          const assistant = {
            stream: { interruption },
            failure: { endAfter: 3, farewell: 'Sorry, bye.' },
          };
          const chaos = new Chaos(
            { assistant, say: greets ? 'Hello there, dear caller.' : '' },
            interim,
          );
          for (const [ms, move] of story) {
            chaos.pass(ms);
            chaos.move(move);
          }
          chaos.happen({ type: 'line-ended' });
          expect(chaos.state.status).toBe('ended');
          expect(chaos.happen({ type: 'final', text: 'late' })).toEqual([]);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  test('ends by itself when nothing more happens', () => {
    fc.assert(
      fc.property(timed, plans, fc.boolean(), (story, interruption, hasInterim) => {
        const heard = { kind: 'speech', text: 'Where are you?' } as const;
        const brief = { say: 'Where were we?', isGreeting: false, nextKey: '4' };
        const chaos = new Chaos(
          { ...brief, pending: { key: '3', heard }, assistant: { stream: { interruption } } },
          hasInterim,
        );
        for (const [ms, move] of story) {
          chaos.pass(ms);
          chaos.move(move);
        }
        chaos.pass(600_000);
        expect(chaos.state.status).toBe('ended');
      }),
      { numRuns: 400 },
    );
  });
});

const lines = fc.array(
  fc.tuple(
    fc.nat({ max: 4_000 }),
    fc.constantFrom(
      'caller "I want a table." 900',
      'caller "my number is 0 1 5" 1500',
      'caller "and for four" 600',
      'caller "mhm" 200',
      'caller "wait stop" 500',
      'caller "hmm" 4000',
      'noise 100',
      'noise 700',
      'noise 9000',
      'key 1',
      'key #',
    ),
  ),
  { maxLength: 12 },
);

const answers: fc.Arbitrary<Answering> = fc.record(
  {
    after: fc.constantFrom(50, 300, 2_500, 9_000),
    clauses: fc.constantFrom(['Yes.'], ['We have a table', 'for you and your friends.'], []),
    fails: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  },
  { noNullPrototype: true },
);

const stages: fc.Arbitrary<Stage> = fc.record({
  recogniserMs: fc.constantFrom<number | 'never'>(50, 100, 900, 'never'),
  hasInterim: fc.boolean(),
  voiceMs: fc.constantFrom(50, 400),
  model: answers.map((each) => ({
    'I want a table.': each,
    'my number is 0 1 5': each,
    'and for four': each,
  })),
});

describe('a talk with a caller who falls silent', () => {
  test('is ended in order, whatever was said before', () => {
    fc.assert(
      fc.property(lines, stages, plans, (script, stage, interruption) => {
        const assistant = { stream: { interruption } };
        const talk = new Performance({ ...stage, brief: { say: 'Hello you.', assistant } });
        let at = 0;
        const text = script.map(([pause, line]) => `${(at += pause)} ${line}`).join('\n');
        talk.play(text, at + 300_000);
        expect(talk.state.status).toBe('ended');
        expect(talk.log.at(-1)).toMatch(/ ends: (silence|models-failed)$/);
      }),
      { numRuns: 400 },
    );
  });
});

test('a talk of a thousand turns needs no more memory than a short one', () => {
  const chaos = new Chaos({ turnsLeft: 5_000 }, true);
  for (let turn = 1; turn <= 1_000; turn += 1) {
    chaos.move({ move: 'words', isFinal: true, count: 3, end: '.' });
    chaos.pass(1_000);
    chaos.move({ move: 'model', does: 'reply-done', end: false });
    chaos.move({ move: 'line', does: 'heard' });
  }
  expect(JSON.stringify(chaos.state).length).toBeLessThan(4_000);
  expect(chaos.state).toMatchObject({ status: 'talking', nextKey: '1001' });
});
