import { describe, expect, test } from '@jest/globals';
import { criticalPathMs, inSequenceMs } from '../../../src/bench/media/delays.ts';
import { mbPerStream, mediaGoals } from '../../../src/bench/media/media-figures.ts';
import type { PhaseFigures } from '../../../src/bench/media/media-figures.ts';
import { beatWithin, countsIn, difference } from '../../../src/bench/media/media-metrics.ts';
import { renderMedia } from '../../../src/bench/media/media-report.ts';
import { sizesIn } from '../../../src/bench/media/media.ts';
import { verdictOf } from '../../../src/bench/report-lines.ts';
import { summarize } from '../../../src/bench/statistics.ts';

const phase = (streams: number, change: Partial<PhaseFigures> = {}): PhaseFigures => ({
  ...{ streams, seconds: 60, turns: 6, interruptions: 2, errors: 0, problems: {}, load: 1 },
  ...{ voice: 'flite', lateMs: { p50: 0, p99: 1, max: 2 } },
  answer: summarize([660, 670]),
  overhead: summarize([-40, -30]),
  beyondOverlap: summarize([40, 50]),
  clear: summarize([170]),
  clearAfterVoice: summarize([100]),
  silence: summarize([110]),
  playback: {
    ...{ playedMs: 1_000, framesSent: 50, clears: 2, staleMs: 0, underruns: 0, underrunMs: 0 },
    ...{ maxLeadMs: 400, medianLeadMs: 380 },
  },
  worker: { droppedFrames: 0, underruns: {}, beatLateMs: { p95: 2, p99: 5 } },
  steps: [{ name: 'recognisedMs', count: 6, p50: 360, p95: 370 }],
  cpuPerStreamMinute: { media: 0.2, worker: 0.1 },
  mediaMb: 400 + streams,
  mediaWithGarbageMb: 500 + streams,
  ...change,
});
const verdicts = (phases: PhaseFigures[]) =>
  Object.fromEntries(mediaGoals(phases, 400).map((goal) => [goal.name, verdictOf(goal)]));

describe('the soonest answer', () => {
  const delays = { endpointing: 300, recogniser: 100, model: 200, voice: 100 };

  test('is that of the longer way: the model is asked before the caller must have finished', () => {
    expect(criticalPathMs(delays)).toBe(620);
    expect(criticalPathMs({ ...delays, endpointing: 800 })).toBe(900);
    expect(criticalPathMs({ endpointing: 300, recogniser: 0, model: 0, voice: 0 })).toBe(300);
  });

  test('is beside what the delays are one after the other', () => {
    expect(inSequenceMs(delays)).toBe(700);
  });
});

describe('the goals of streams', () => {
  test('are each looked at where they were set', () => {
    const phases = [phase(1), phase(50), phase(100)];
    expect(new Set(Object.values(verdicts(phases)))).toEqual(new Set(['met']));
    expect(mediaGoals(phases, 400).map(({ name }) => name)).toEqual([
      'overhead p95, 50 streams',
      'clear after voice p95, 50 streams',
      'stale audio',
      'underruns, 100 streams',
      'CPU s a stream-minute, 100 streams',
      'memory a stream',
    ]);
  });

  test('are missed by what is too much', () => {
    const playback = { ...phase(1).playback, staleMs: 20, underruns: 1 };
    const phases = [
      phase(1),
      phase(50, { overhead: summarize([31]), clearAfterVoice: summarize([151]) }),
      phase(100, { playback, cpuPerStreamMinute: { media: 0.31 }, mediaMb: 400 + 100 * 3 }),
    ];
    expect(new Set(Object.values(verdicts(phases)))).toEqual(new Set(['MISSED']));
  });

  test('of a phase with errors are not measured', () => {
    expect(verdicts([phase(50, { errors: 1 })])).toMatchObject({
      'overhead p95, 50 streams': 'not measured',
      'CPU s a stream-minute, 50 streams': 'not measured',
    });
  });

  test('memory is what the streams of the last phase have held', () => {
    expect(mbPerStream([phase(1), phase(50), phase(100)], 350)).toBe(1.5);
    expect(mbPerStream([phase(1), phase(100, { mediaMb: null })], 350)).toBeNull();
    expect(mbPerStream([phase(1)], null)).toBeNull();
    expect(mbPerStream([], 350)).toBeNull();
  });
});

describe('the metrics of media workers', () => {
  const text = (dropped: number, late: number, all: number) =>
    [
      `voca_media_frames_dropped_total ${dropped}`,
      `voca_media_underruns_total{reason="late"} ${late}`,
      `voca_media_beat_lateness_seconds_bucket{le="0.005"} ${all - late}`,
      `voca_media_beat_lateness_seconds_bucket{le="+Inf"} ${all}`,
      'voca_media_beat_lateness_seconds_sum 0.5',
    ].join('\n');

  test('are added up over the workers, and taken from each other', () => {
    const before = countsIn([text(1, 0, 100), text(2, 0, 100)]);
    const after = countsIn([text(1, 4, 200), text(5, 0, 200)]);
    const { droppedFrames, underruns, beats } = difference(before, after);
    expect({ droppedFrames, underruns }).toEqual({ droppedFrames: 3, underruns: { late: 4 } });
    expect(beats).toEqual([
      { withinMs: 5, count: 196 },
      { withinMs: Infinity, count: 200 },
    ]);
  });

  test('tell how late beats are by the bounds of their histogram', () => {
    const counts = countsIn([text(0, 4, 200)]);
    expect(beatWithin(counts, 95)).toBe(5);
    expect(beatWithin(counts, 99)).toBe(Infinity);
    expect(beatWithin(countsIn([]), 95)).toBeNull();
  });
});

describe('the report', () => {
  test('names what went wrong, phase by phase', () => {
    const report = renderMedia({
      benchmark: 'media',
      delays: { endpointing: 300, recogniser: 100, model: 200, voice: 100 },
      ...{ workers: 2, criticalPathMs: 620, inSequenceMs: 700, mbPerStream: 1, emptyMb: 390 },
      phases: [phase(1), phase(50, { errors: 2, problems: { 'not answered: PhoneError': 2 } })],
      goals: mediaGoals([phase(1)], 400),
      ...{ errors: 2, interrupted: true, node: 'v20', cores: 2, load: [1, 2] },
    });
    expect(report).toContain('STOPPED EARLY');
    expect(report).toContain('2 × not answered: PhoneError');
    expect(report).toContain('while they talk: 1: 501.0 MB, 50: 550.0 MB');
    expect(report).toContain('silent: 450.0 MB, and when they have hung up: 390.0 MB');
    expect(report).toContain('goals missed: 0');
  });
});

test('the numbers of streams are whole numbers', () => {
  expect(sizesIn('1,10')).toEqual([1, 10]);
  for (const wrong of ['', '0', '1,,2', '1.5', 'ten', '5000'])
    expect(() => sizesIn(wrong)).toThrow('--phases');
});
