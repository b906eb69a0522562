import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { callDetails } from '../../workflows/details.ts';
import { turnsToSummarize, utterancesBefore } from '../../workflows/rules/memory.ts';
import type { TestCall } from './builders.ts';
import { greeted } from './builders.ts';

const ENDLESS = { limits: { callSeconds: 90_000, turns: 100_000, farewell: 'Stop.' } };

function talk(call: TestCall, from: number, to: number, words = 'words'): TestCall {
  for (let turn = from; turn <= to; turn += 1) {
    call.says(String(turn), `${words} ${turn}`).replies(String(turn)).takes(String(turn));
  }
  return call;
}

function told(call: TestCall, key: string): string[] {
  return utterancesBefore(call.state, key).map((line) => {
    if (line.who === 'assistant') return line.text;
    return line.heard.kind === 'speech' ? line.heard.text : line.heard.digits;
  });
}

function summaries(call: TestCall): number[] {
  return call.effects.flatMap((effect) => (effect.do === 'summarize' ? [effect.upTo] : []));
}

describe('what the model is told', () => {
  test('is everything, greeting and all, while the call is short', () => {
    const call = talk(greeted(ENDLESS), 1, 40).says('41');
    expect(told(call, '41')).toHaveLength(1 + 2 * 40);
    expect(told(call, '41')[0]).toBe('Hello, how can I help?');
    expect(summaries(call)).toEqual([]);
  });

  test('is a summary and the newest turns when the call has become long', () => {
    const call = talk(greeted(ENDLESS), 1, 41);
    expect(summaries(call)).toEqual([21]);
    expect(turnsToSummarize(call.state).map((turn) => turn.key)).toHaveLength(21);
    call.isSummedUp('A table was booked.').says('42');
    expect(call.state.summary).toEqual({ text: 'A table was booked.', upTo: 21 });
    expect(told(call, '42')).toHaveLength(2 * 20);
    expect(told(call, '42')[0]).toBe('words 22');
  });

  test('is asked to be summed up again only when as much has piled up', () => {
    const call = talk(greeted(ENDLESS), 1, 41).isSummedUp();
    talk(call, 42, 61);
    expect(summaries(call)).toEqual([21]);
    talk(call, 62, 62);
    expect(summaries(call)).toEqual([21, 42]);
  });

  test('turns that come while it is being summed up are told word for word', () => {
    const call = talk(greeted(ENDLESS), 1, 50);
    expect(summaries(call)).toEqual([21]);
    call.isSummedUp().says('51');
    expect(told(call, '51')[0]).toBe('words 22');
    expect(told(call, '51')).toHaveLength(2 * 29);
  });

  test('without a summary is the newest turns, and one is tried for again', () => {
    const call = talk(greeted(ENDLESS), 1, 41).happen({ type: 'summary-failed' });
    talk(call, 42, 45);
    expect(summaries(call)).toEqual([21]);
    talk(call, 46, 46);
    expect(summaries(call)).toEqual([21, 26]);
    call.happen({ type: 'summary-failed' });
    talk(call, 47, 300).says('301');
    expect(told(call, '301')).toHaveLength(2 * 80);
    expect(told(call, '301')[0]).toBe('words 221');
  });

  test('is bounded for a caller who speaks 1,500 words at a time, whose newest turn stays whole', () => {
    const speech = 'what was it that I wanted to say '.repeat(190); // 1,500 words, 6 kB
    const call = talk(greeted(ENDLESS), 1, 30, speech);
    expect(summaries(call)[0]).toBe(2);
    call.says('31', speech);
    expect(told(call, '31').join('').length).toBeLessThan(40_000);
    const long = 'word '.repeat(20_000);
    call.replies('31').says('32', long).replies('32').says('33');
    expect(told(call, '33')).toContain(long);
  });
});

describe('a call that goes on in a new run', () => {
  test('takes along the newest turns, and the keys of the others', () => {
    const call = talk(greeted(ENDLESS), 1, 41).isSummedUp();
    talk(call, 42, 60).moves();
    expect(call.state.turns.map((turn) => turn.key)).toEqual(
      Array.from({ length: 39 }, (_, i) => String(i + 22)),
    );
    expect(call.snapshot().earlierTurns).toBe(21);
    expect(callDetails(call.state)).toContain('· 60 turns');
    call.says('5', 'once more'); // a very late duplicate
    expect(call.asked).toEqual([]);
    expect(call.step('5')).toMatchObject({ next: { kind: 'resume' } });
  });

  test('counts turns and replies over all runs', () => {
    const limits = { ...ENDLESS.limits, turns: 45 };
    const call = talk(greeted({ limits }), 1, 41).isSummedUp().moves();
    talk(call, 42, 44);
    expect(call.records().at(-1)).toMatchObject({ position: 44, turn: { key: '44' } });
    call.says('45').replies('45');
    expect(call.step('45')).toMatchObject({ next: { kind: 'hangup' } });
    expect(call.state.ending).toBe('max-turns');
  });

  test('keeps its deadlines as they were', () => {
    const call = talk(greeted(), 1, 3);
    const { deadlines } = call.state;
    expect(Object.keys(deadlines).sort()).toEqual(['length', 'quiet']);
    expect(call.moves().state.deadlines).toEqual(deadlines);
  });

  test('of four hours is ended by its length, however often it moved', () => {
    const limits = { callSeconds: 4 * 3600, turns: 100_000, farewell: 'Stop.' };
    const call = greeted({ limits });
    let turn = 0;
    while (call.state.status === 'listening') {
      turn += 1;
      call.passes(12_000);
      if (call.state.status !== 'listening') break;
      call.says(String(turn)).replies(String(turn)).takes(String(turn));
      if (call.effects.at(-1)?.do === 'summarize' || call.state.isSummarizing) call.isSummedUp();
      if (turn % 40 === 0) call.moves();
    }
    const began = call.state.answeredAt ?? 0;
    expect(call.state.ending).toBe('max-duration');
    expect(call.now - began).toBeGreaterThanOrEqual(4 * 3600 * 1000);
    expect(call.now - began).toBeLessThan(4 * 3600 * 1000 + 15_000);
    expect(turn).toBeGreaterThan(900);
    expect(call.deeds()).toEqual(['hang-up: Stop.']);
  });
});

test('a call of 1,000 turns that moves at any time stays small and loses no turn', () => {
  const plan = fc.record({
    moves: fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 40 }),
    failing: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(plan, ({ moves, failing }) => {
      const call = greeted(ENDLESS);
      for (let turn = 1; turn <= 1000; turn += 1) {
        talk(call, turn, turn);
        if (call.asked.length === 0 && call.state.isSummarizing) {
          if (summaries(call).length % 4 < failing) call.happen({ type: 'summary-failed' });
          else call.isSummedUp();
        }
        if (moves.includes(turn)) call.moves();
        const { summary } = call.state;
        const lines = told(call, 'none').filter((line) => line.startsWith('words'));
        expect(lines.at(-1)).toBe(`words ${turn}`);
        expect(lines.length).toBeLessThanOrEqual(80);
        // What no line tells, the summary does; without one the oldest lines are left out.
        const untold = turn - (summary?.upTo ?? 0);
        expect(lines.length).toBe(Math.min(untold, 80));
      }
      const positions = call.records().flatMap((event) => {
        return event.type === 'call.turn.completed' ? [event.position] : [];
      });
      expect(positions).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
      expect(JSON.stringify(call.moves().state).length).toBeLessThan(60_000);
    }),
    { numRuns: 3 },
  );
});
