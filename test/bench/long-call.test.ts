import { describe, expect, test } from '@jest/globals';
import type { LongCallFigures } from '../../src/bench/long-call-figures.ts';
import { judgeLongCall, renderLongCall } from '../../src/bench/long-call-figures.ts';
import { summarize } from '../../src/bench/statistics.ts';

const GOOD: LongCallFigures = {
  benchmark: 'long-call',
  turns: 3,
  pauseMs: 50,
  errors: 0,
  turn: summarize([30, 40, 50]),
  firstPart: summarize([30]),
  lastPart: summarize([50]),
  sentAgain: 1,
  answeredDifferently: 0,
  turnsRecorded: 3,
  isInOrder: true,
  isEnded: true,
  runs: [
    { events: 2010, bytes: 1_200_000 },
    { events: 60, bytes: 40_000 },
  ],
  largestPromptChars: 8000,
  node: 'v20',
  cores: 2,
  load: [1, 2],
};

describe('a long call', () => {
  test('that is whole has nothing wrong with it, and is reported', () => {
    expect(judgeLongCall(GOOD)).toEqual([]);
    const report = renderLongCall(GOOD, []);
    expect(report).toContain('One call of 3 turns');
    expect(report).toMatch(/events of each\s+2010\s+60/);
    expect(report).toMatch(/largest run, kB\s+1200/);
    expect(report).not.toContain('WRONG');
  });

  test.each<[string, Partial<LongCallFigures>]>([
    ['2 of 3 turns are recorded', { turnsRecorded: 2 }],
    ['the transcript is not what was said', { isInOrder: false }],
    ['the end is not recorded', { isEnded: false }],
    ['1 old webhooks were answered differently', { answeredDifferently: 1 }],
    ['a run has too many events', { runs: [{ events: 9000, bytes: 1 }] }],
    ['a run is too large', { runs: [{ events: 1, bytes: 9e6 }] }],
    ['a prompt was too long', { largestPromptChars: 100_000 }],
  ])('is found wrong: %s', (fault, change) => {
    const figures = { ...GOOD, ...change };
    expect(judgeLongCall(figures)).toEqual([fault]);
    expect(renderLongCall(figures, judgeLongCall(figures))).toContain(`WRONG: ${fault}`);
  });
});
