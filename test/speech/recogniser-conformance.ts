/** What every recogniser passes, whoever makes it. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SpeechToText } from '../../src/speech/index.ts';
import { until } from '../orchestrator/until.ts';
import { silence, spoken } from './caller-audio.ts';
import { Listening } from './listening.ts';

export interface RecogniserBench {
  recogniser: SpeechToText;
  /** Connections of sessions that are open now. */
  open(): number;
  close(): Promise<void>;
}

export function aRecogniser(name: string, start: () => Promise<RecogniserBench>): void {
  let bench: RecogniserBench;
  let sessions: Listening[] = [];
  beforeEach(async () => {
    bench = await start();
  });
  afterEach(async () => {
    for (const each of sessions) each.close();
    sessions = [];
    await bench.close();
  });
  const listen = (...[options]: [ConstructorParameters<typeof Listening>[1]?]): Listening => {
    const session = new Listening(bench.recogniser, options);
    sessions.push(session);
    return session;
  };

  describe(`${name}: what is said`, () => {
    test('is told in finals, and then that this was all', async () => {
      const caller = listen();
      caller.say(silence(400));
      caller.say(spoken('a table for two please'));
      caller.say(silence(200));
      caller.flush();
      await caller.flushed();
      expect(caller.text).toBe('a table for two please');
      expect(caller.types.slice(-2)).toEqual(['final', 'flushed']);
      expect(caller.count('flushed')).toBe(1);
      expect(caller.isReady).toBe(true);
    });

    test('in two utterances is told in two', async () => {
      const caller = listen();
      caller.say(spoken('good morning'));
      caller.flush();
      await caller.flushed();
      expect(caller.text).toBe('good morning');
      caller.say(silence(600));
      caller.say(spoken('is anybody there'));
      caller.flush();
      await caller.flushed(2);
      expect(caller.text).toBe('good morning is anybody there');
    });

    test('is guessed before, where guesses are promised, and the final replaces them', async () => {
      const caller = listen();
      caller.say(spoken('one two three four'));
      if (bench.recogniser.abilities.interim) {
        await until(() =>
          caller.events.some((each) => each.type === 'partial' && each.text !== ''),
        );
      }
      caller.flush();
      await caller.flushed();
      const { interim } = bench.recogniser.abilities;
      expect(caller.count('partial') > 0).toBe(interim);
      expect(caller.types.lastIndexOf('partial')).toBeLessThan(caller.types.indexOf('final'));
      expect(caller.text).toBe('one two three four');
    });

    test.each([1, 7, 163, 4_000])('is the same in pieces of %i bytes', async (bytes) => {
      const caller = listen();
      caller.say(spoken('yes of course'), { bytes });
      caller.flush();
      await caller.flushed();
      expect(caller.text).toBe('yes of course');
    });

    test('is not what is written later into the same memory', async () => {
      const caller = listen();
      const audio = spoken('do not forget');
      caller.say(audio);
      audio.fill(0);
      caller.flush();
      await caller.flushed();
      expect(caller.text).toBe('do not forget');
    });

    test('reaches as far as its final says', async () => {
      const caller = listen();
      caller.say(spoken('how far'));
      caller.flush();
      await caller.flushed();
      for (const each of caller.events) {
        if (each.type !== 'final' || each.untilMs === undefined) continue;
        expect(each.untilMs).toBeGreaterThan(200);
        expect(each.untilMs).toBeLessThanOrEqual(600);
      }
    });

    test('in two calls at a time stays in each of them', async () => {
      const callers = ['mine is this', 'and mine is that'].map((text) => {
        const caller = listen();
        caller.say(spoken(text));
        caller.flush();
        return caller;
      });
      await Promise.all(callers.map((each) => each.flushed()));
      expect(callers.map(({ text }) => text)).toEqual(['mine is this', 'and mine is that']);
    });
  });

  describe(`${name}: a flush`, () => {
    test('of silence has no words and an answer', async () => {
      const caller = listen();
      caller.say(silence(500), { voice: false });
      caller.flush();
      await caller.flushed();
      expect(caller.text).toBe('');
    });

    test('of nothing at all has an answer', async () => {
      const caller = listen();
      caller.flush();
      await caller.flushed();
      expect(caller.types).toEqual(['flushed']);
    });

    test('right behind another one has its own answer', async () => {
      const caller = listen();
      caller.say(spoken('first'));
      caller.flush();
      caller.say(spoken('second'));
      caller.flush();
      caller.flush();
      await caller.flushed(3);
      const told = caller.events.flatMap((each) =>
        each.type === 'final' ? [each.text] : each.type === 'flushed' ? ['|'] : [],
      );
      expect(told.join(' ').replace(/ ?\| ?/g, '|')).toMatch(/^first\|second\|\|$/);
    });
  });

  describe(`${name}: a session`, () => {
    test('says nothing more when it is closed, and may be closed again', async () => {
      const caller = listen();
      caller.say(spoken('never mind'));
      caller.flush();
      caller.close();
      const before = caller.events.length;
      caller.close();
      caller.say(spoken('still there'));
      caller.flush();
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(caller.events).toHaveLength(before);
    });

    test('may be closed by what it says', async () => {
      const caller: Listening = listen({ onEvent: () => caller.close() });
      caller.say(spoken('stop at once'));
      caller.flush();
      await until(() => caller.events.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(caller.events).toHaveLength(1);
    });

    test('tells nothing from within a call', async () => {
      const caller = listen();
      caller.say(spoken('one at a time'));
      caller.flush();
      caller.flush();
      await caller.flushed(2);
      expect(caller.early).toEqual([]);
    });

    test('leaves no connection behind', async () => {
      const caller = listen();
      caller.say(spoken('goodbye'));
      caller.flush();
      await caller.flushed();
      caller.close();
      await until(() => bench.open() === 0);
      expect(caller.text).toBe('goodbye');
    });
  });
}
