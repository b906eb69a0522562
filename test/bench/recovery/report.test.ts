import { describe, expect, test } from '@jest/globals';
import { whenAway } from '../../../src/bench/recovery/done.ts';
import type { Done } from '../../../src/bench/recovery/done.ts';
import { evaluate } from '../../../src/bench/recovery/evaluate.ts';
import {
  awayFigures,
  longestWaits,
  undisturbedWaits,
  waitFigures,
} from '../../../src/bench/recovery/recovery-figures.ts';
import { renderRecovery } from '../../../src/bench/recovery/recovery-report.ts';
import { verdictOf } from '../../../src/bench/report-lines.ts';
import type { TruthEntry } from '../../../src/simulator/index.ts';

const kill = {
  victim: 'temporal' as const,
  process: 'voca-temporal',
  moment: 'between' as const,
  pid: 7,
  atMs: 1000,
  backAtMs: 1900,
};
const cut = { way: 'both' as const, fromMs: 5000, toMs: 6000 };
const away = { fromMs: 8000, toMs: 9000, calls: 3, answeredAfter: 3, problems: [] };

describe('the time without Temporal', () => {
  test('is that of its kills, of its lines to the api, and of its absence', () => {
    const done = {
      kills: [
        kill,
        { ...kill, victim: 'api' as const },
        { ...kill, atMs: 3000, backAtMs: undefined },
      ],
      cuts: [
        { line: 'api-temporal' as const, ...cut },
        { line: 'worker-temporal' as const, ...cut },
      ],
      away,
    };
    expect(whenAway(done as Parameters<typeof whenAway>[0])).toEqual([
      { fromMs: 1000, toMs: 1900 },
      { fromMs: 3000, toMs: 3000 },
      { fromMs: 5000, toMs: 6000 },
      { fromMs: 8000, toMs: 9000 },
    ]);
  });

  test('is known to be over when Temporal answers', () => {
    const known = { kills: [{ ...kill, answersAtMs: 2500 }], cuts: [], away: undefined };
    expect(whenAway(known)).toEqual([{ fromMs: 1000, toMs: 1900, answersAtMs: 2500 }]);
  });

  test('is measured by every silence in it, also by those that had begun before', () => {
    const held = [
      { callSid: 'C', sentAtMs: 7900, heardMs: 3900 },
      { callSid: 'D', sentAtMs: 7000, goneMs: 500 },
      { callSid: 'A', sentAtMs: 7000, heardMs: 9 },
      { callSid: 'A', sentAtMs: 8100, heardMs: 3500 },
      { callSid: 'B', sentAtMs: 8200 },
    ];
    expect(awayFigures(held, away)).toMatchObject({
      seconds: 1,
      calls: 3,
      waits: { count: 2, max: 3900 },
      unheard: 1,
    });
  });
});

describe('waits', () => {
  test('without an answer are counted, and never end', () => {
    const waits = [
      { callSid: 'A', sentAtMs: 1, firstMs: 10, answerMs: 20 },
      { callSid: 'A', sentAtMs: 2, firstMs: 30 },
      { callSid: 'A', sentAtMs: 3 },
    ];
    expect(waitFigures(waits)).toMatchObject({
      callers: 3,
      first: { count: 3, p50: 30, max: Infinity },
      answer: { count: 3, p50: Infinity },
      notAnswered: 2,
    });
  });

  test('are undisturbed well before and well after', () => {
    const at = (sentAtMs: number) => ({ callSid: 'A', sentAtMs, firstMs: 100, answerMs: 100 });
    const waits = [at(800), at(950), at(1500), at(12_000), at(49_000), at(70_000)];
    const left = undisturbedWaits(waits, [kill], [{ fromMs: 45_000, toMs: 50_000 }]);
    expect(left.map(({ sentAtMs }) => sentAtMs)).toEqual([800, 12_000, 70_000]);
  });
});

describe('the longest waits', () => {
  test('are those without an answer, then the longest, and no more than five', () => {
    const wait = (callSid: string, answerMs?: number) => ({
      callSid,
      sentAtMs: 100,
      ...(answerMs !== undefined && { answerMs }),
      victim: 'api' as const,
      moment: 'between' as const,
      killedAtMs: 90,
    });
    const all = [
      wait('A', 10),
      wait('B'),
      wait('C', 30),
      wait('D', 20),
      wait('E', 5),
      wait('F', 1),
    ];
    const longest = longestWaits(all, (callSid) => `call_${callSid}`);
    expect(longest.map(({ callId }) => callId)).toEqual(
      ['B', 'C', 'D', 'A', 'E'].map((each) => `call_${each}`),
    );
    expect(longest[0]).toMatchObject({ answerMs: null, killedAfterMs: -10 });
  });
});

describe('the report', () => {
  const entry = (atMs: number, rest: object) => ({ seq: 0, atMs, callSid: 'CA1', ...rest });
  const words = (atMs: number, text: string) =>
    entry(atMs, {
      kind: 'request',
      purpose: 'action',
      attempt: 1,
      fields: [['SpeechResult', text]],
    });
  const said = (atMs: number, text: string, source = 'say') =>
    entry(atMs, { kind: 'heard', source, text });
  const truth = [
    words(100, 'soup'),
    said(200, 'You said: soup.'),
    words(10_000, 'fish'),
    said(13_600, 'One moment, please.'),
    said(15_000, 'You said: fish.'),
  ] as unknown as TruthEntry[];
  const done: Done = {
    planned: 1,
    kills: [
      {
        ...kill,
        victim: 'worker',
        process: 'voca-worker-1',
        moment: 'mid-turn',
        atMs: 11_000,
        backAtMs: 11_900,
      },
    ],
    cuts: [],
    away: undefined,
    media: undefined,
    problems: ['the call ended before the caller did'],
    openAfterwards: [],
    evidence: undefined,
  };
  const given = {
    done,
    truth,
    accountSid: 'AC1',
    options: { seed: 5, calls: 1, thinkMs: 2000, command: 'npm run x', sealed: true },
    greeting: 'Hello.',
    verdict: { ok: true, counts: { lost: 0, utterances: 2 }, violations: [] },
    machine: { node: 'v20.0.0', cores: 2, load: [1, 2] as [number, number] },
    interrupted: false,
  };

  test('shows what callers waited for each kind of kill, and the verdict', () => {
    const { figures, problems } = evaluate(given);
    expect(figures.byKill).toMatchObject([
      {
        victim: 'worker',
        moment: 'mid-turn',
        kills: 1,
        first: { max: 3600 },
        answer: { max: 5000 },
      },
    ]);
    expect(figures.errors).toBe(1);
    const report = renderRecovery(figures, problems);
    expect(report).toMatch(/^undisturbed +1 +0\.10 +0\.10 +0\.10 +0\.10 +0\.10 +0\.10 +0$/m);
    expect(report).toMatch(
      /^worker mid-turn \(1 kills\) +1 +3\.60 +3\.60 +3\.60 +5\.00 +5\.00 +5\.00 +0$/m,
    );
    expect(report).toMatch(/^ {2}5\.00 s worker mid-turn, killed at 1\.00 s of it: call_/m);
    expect(report).toContain('The history holds.');
    expect(report).toMatch(/^worker in mid-turn, answer p95 +5000 ms, goal ≤ 6000 ms: met$/m);
    expect(report).toContain('the call ended before the caller did');
    expect(report).toContain('Again: npm run x');
    expect(report.trimEnd()).toMatch(/\ngoals missed: 0; [^\n]*$/);
  });

  test('takes a kill that was not done, one without an end and an unknown end for errors', () => {
    const { figures, problems } = evaluate({
      ...given,
      done: {
        ...done,
        planned: 3,
        kills: done.kills.map(({ backAtMs: _never, ...each }) => each),
        openAfterwards: undefined,
      },
    });
    expect(figures).toMatchObject({ planned: 3, kills: 1, notBack: 1, openAfterwards: null });
    expect(problems).toContain('2 of 3 kills were not done: nothing ran there');
    expect(figures.errors).toBe(4);
  });

  test('misses its goals when callers are never answered', () => {
    const heard = [...truth.slice(0, -1), words(20_000, 'beans')] as TruthEntry[];
    const silent = { ...given, truth: heard };
    const away = { fromMs: 19_000, toMs: 21_000, calls: 2, answeredAfter: 1, problems: [] };
    const { figures, problems } = evaluate({ ...silent, done: { ...done, away } });
    const verdicts = Object.fromEntries(figures.goals.map((goal) => [goal.name, verdictOf(goal)]));
    expect(verdicts).toMatchObject({
      'worker in mid-turn, answer p95': 'MISSED',
      'worker killed, callers not answered': 'MISSED',
      'Temporal away, never anything heard': 'MISSED',
      'Temporal away, answered afterwards': 'MISSED',
    });
    expect(renderRecovery(figures, problems)).toMatch(/^worker in mid-turn, answer p95 +never/m);
  });

  test('has callers whose first webhook was hit in a row of their own', () => {
    const ringing = (callSid: string, atMs: number) => ({
      ...entry(atMs, { kind: 'request', purpose: 'voice', attempt: 1, fields: [] }),
      callSid,
    });
    const begun = [
      ...truth,
      ringing('CA2', 10_950),
      { ...said(12_950, 'Hello.'), callSid: 'CA2' },
    ] as TruthEntry[];
    const { figures, problems } = evaluate({ ...given, truth: begun });
    expect(figures.byKill).toMatchObject([
      { moment: 'first webhook', callers: 1, answer: { max: 2000 } },
      { moment: 'mid-turn', callers: 1 },
    ]);
    expect(renderRecovery(figures, problems)).toMatch(/^worker first webhook \(1 kills\)/m);
  });

  test('counts what Twilio had to say by itself, and what the checker finds', () => {
    const violations = [{ kind: 'reply-twice' as const, evidence: 'turn 3' }];
    const { figures } = evaluate({
      ...given,
      truth: [...truth, said(1, 'An application error has occurred.', 'error') as TruthEntry],
      verdict: { ok: false, counts: { lost: 2 }, violations },
    });
    expect(figures.applicationErrors).toBe(1);
    expect(figures.errors).toBe(3);
    const verdicts = Object.fromEntries(figures.goals.map((goal) => [goal.name, verdictOf(goal)]));
    expect(verdicts).toMatchObject({ 'turns lost': 'MISSED', 'turns repeated': 'MISSED' });
  });

  test('of a run that was stopped claims nothing', () => {
    const stopped = { ...given, done: { ...done, openAfterwards: undefined }, verdict: null };
    const { figures, problems } = evaluate({ ...stopped, interrupted: true });
    expect(figures.openAfterwards).toBeNull();
    const report = renderRecovery(figures, problems);
    expect(report).toContain('STOPPED EARLY');
    expect(report).toContain('The history was not checked.');
    expect(report).toMatch(/^turns lost .*not measured$/m);
  });
});
