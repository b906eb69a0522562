import { describe, expect, test } from '@jest/globals';
import { mediaFigures, mediaGoals, mediaLines } from '../../../src/bench/recovery/media-figures.ts';
import type { DoneMediaPart } from '../../../src/bench/recovery/media-figures.ts';
import { planMediaKills } from '../../../src/bench/recovery/media-kills.ts';
import { answerTo, patternOfAnswer, sentenceOf } from '../../../src/bench/recovery/media-talk.ts';
import { verdictOf } from '../../../src/bench/report-lines.ts';

describe('kills under streams', () => {
  const plan = planMediaKills('1', 12);

  test('are the same for the same seed', () => {
    expect(planMediaKills('1', 12)).toEqual(plan);
    expect(planMediaKills('2', 12)).not.toEqual(plan);
  });

  test('hit the media workers in turn, each of them in both moments; the others in between', () => {
    const media = plan.filter(({ victim }) => victim === 'media');
    expect(media.map(({ processes }) => processes[0])).toEqual(
      media.map((_, at) => `voca-media-${(at % 2) + 1}`),
    );
    const moments = new Set(media.map(({ processes, aim }) => `${processes[0]} ${aim}`));
    expect(moments.size).toBe(4);
    const others = plan.flatMap(({ victim }) => (victim === 'media' ? [] : [victim]));
    expect(others).toEqual(['api', 'worker', 'both']);
  });
});

describe('what callers say', () => {
  test('no two of them say the same, and only the answer to it is taken for one', () => {
    const all = new Set<string>();
    for (let caller = 1; caller <= 200; caller += 1) {
      for (let nth = 1; nth <= 10; nth += 1) all.add(sentenceOf(caller, nth));
    }
    expect(all.size).toBe(2_000);
    const heard = `Sorry, the line was gone. ${answerTo(sentenceOf(3, 2))}`;
    expect(patternOfAnswer(sentenceOf(3, 2)).test(heard)).toBe(true);
    expect(patternOfAnswer(sentenceOf(3, 3)).test(heard)).toBe(false);
    expect(patternOfAnswer(sentenceOf(3, 2)).test(heard.slice(0, -2))).toBe(false);
  });
});

describe('the figures', () => {
  const hit = { callSid: 'CA1', victim: 'media' as const, doing: 'speaking' as const };
  const part: DoneMediaPart = {
    ...{ streams: 2, planned: 3, calls: 4, cutSentences: 1, saidAgain: 0 },
    kills: [
      {
        victim: 'media',
        processes: ['voca-media-1'],
        atMs: 1,
        isBack: true,
        hits: [
          { ...hit, isLost: true, silenceMs: 900 },
          { ...hit, isLost: false },
          { ...hit, doing: 'hearing', isLost: true },
        ],
      },
      {
        victim: 'worker',
        processes: ['voca-worker-1'],
        atMs: 2,
        isBack: false,
        hits: [{ ...hit, victim: 'worker', isLost: true, silenceMs: 10 }],
      },
    ],
  };

  test('are by what was killed and what callers did; a silence without an end never ends', () => {
    expect(mediaFigures(part)).toMatchObject({
      kills: 2,
      notBack: 1,
      byKill: [
        { victim: 'media', doing: 'hearing', lost: 1, kept: 0, silence: { max: Infinity } },
        { victim: 'media', doing: 'speaking', kills: 1, lost: 1, kept: 1, silence: { p95: 900 } },
        { victim: 'worker', doing: 'speaking', lost: 1 },
      ],
    });
    expect(mediaLines(mediaFigures(part)).join('\n')).toMatch(
      /media worker in the assistant's.*never/,
    );
  });

  test('are goals only where something was measured', () => {
    const verdicts = mediaGoals(mediaFigures(part)).map(verdictOf);
    expect(verdicts).toEqual(['met', 'MISSED', 'not measured', 'MISSED']);
    expect(new Set(mediaGoals(null).map(verdictOf))).toEqual(new Set(['not measured']));
    expect(mediaLines(null)).toEqual([]);
  });
});
