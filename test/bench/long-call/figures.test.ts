import { describe, expect, test } from '@jest/globals';
import type { LongCallFigures } from '../../../src/bench/long-call/figures.ts';
import { judgeLongCall, renderLongCall } from '../../../src/bench/long-call/figures.ts';
import { summarize } from '../../../src/bench/statistics.ts';

const GOOD: LongCallFigures = {
  benchmark: 'long-call',
  turns: 3,
  pauseMs: 50,
  clock: 1,
  minutes: 0,
  errors: 0,
  turn: summarize([30, 40, 50]),
  firstPart: summarize([30]),
  lastPart: summarize([50]),
  sentAgain: 1,
  answeredDifferently: 0,
  turnsRecorded: 3,
  isInOrder: true,
  isEnded: true,
  endReason: 'caller-hung-up',
  lastedSeconds: 4,
  tookSeconds: 4,
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

  test('of hours by a faster clock is ended by its limit', () => {
    const hours = { clock: 8, minutes: 240, lastedSeconds: 14_420, tookSeconds: 1804.5 };
    const figures: LongCallFigures = { ...GOOD, ...hours, endReason: 'max-duration' };
    expect(judgeLongCall(figures)).toEqual([]);
    const report = renderLongCall({ ...figures, lateSent: 2, lateAnsweredElse: 0 }, []);
    expect(report).toMatch(/lasted, s\s+14420/);
    expect(report).toContain('goes 8 times as fast');
    expect(report).toMatch(/answered with a goodbye\s+2/);
  });

  test.each<[string, Partial<LongCallFigures>]>([
    ['2 of 3 turns are recorded', { turnsRecorded: 2 }],
    ['the transcript is not what was said', { isInOrder: false }],
    ['the end is not recorded', { isEnded: false }],
    ['1 old webhooks were answered differently', { answeredDifferently: 1 }],
    ['a run has too many events', { runs: [{ events: 9000, bytes: 1 }] }],
    ['a run is too large', { runs: [{ events: 1, bytes: 9e6 }] }],
    ['a prompt was too long', { largestPromptChars: 100_000 }],
    [
      "Temporal's clock did not go as fast as it should",
      { clock: 8, lastedSeconds: 800, tookSeconds: 110 },
    ],
    ['it was ended by caller-hung-up', { minutes: 1, lastedSeconds: 61 }],
    ['it was not ended in time', { minutes: 1, lastedSeconds: 59, endReason: 'max-duration' }],
    ['it was not ended in time', { minutes: 1, lastedSeconds: 71, endReason: 'max-duration' }],
    ['late webhooks were not answered with a goodbye', { lateSent: 2, lateAnsweredElse: 1 }],
    ['late webhooks have begun a new call', { lateSent: 2, lateHasBegun: true }],
  ])('is found wrong: %s', (fault, change) => {
    const figures = { ...GOOD, ...change };
    expect(judgeLongCall(figures)).toEqual([fault]);
    expect(renderLongCall(figures, judgeLongCall(figures))).toContain(`WRONG: ${fault}`);
  });
});
