import { describe, expect, test } from '@jest/globals';
import type { DrillCaller } from '../../../src/bench/recovery/drill-caller.ts';
import { runKills } from '../../../src/bench/recovery/kills.ts';
import type { KillsOptions } from '../../../src/bench/recovery/kills.ts';

/** One caller, who has waited for a while and is answered some time after the kill. */
function drillOf(thinkMs: number, answeredAfterMs: number) {
  const caller = { answered: 3, waitingMs: 2000 as number | undefined, isBetweenTurns: false };
  const model = { thinkMs: 0 };
  const seen: number[] = [];
  const pool = { live: [caller as unknown as DrillCaller], calls: 1 };
  const victims = {
    isThere: async () => true,
    kill: () => {
      setTimeout(() => {
        seen.push(model.thinkMs); // that of the reply that was asked for once more
        caller.answered += 1;
        caller.waitingMs = undefined;
      }, answeredAfterMs);
      return 7;
    },
  };
  const options: KillsOptions = {
    plan: [{ victim: 'worker', process: 'voca-worker-1', moment: 'mid-turn', delayMs: 0 }],
    pool,
    model,
    victims,
    untilTemporalAnswers: async () => undefined,
    thinkMs,
    stopping: new AbortController().signal,
    progress: { say: () => undefined, live: () => undefined } as KillsOptions['progress'],
  };
  return { options, model, seen };
}

describe('a kill in mid-turn', () => {
  test('leaves the model as slow as it is until everybody has been answered', async () => {
    const { options, model, seen } = drillOf(1500, 200);
    const done = await runKills(options);
    expect(done).toMatchObject([{ victim: 'worker', pid: 7, backAtMs: expect.any(Number) }]);
    expect(seen).toEqual([1500]);
    expect(model.thinkMs).toBe(0);
  });

  test('of what does not run is not done', async () => {
    const { options } = drillOf(1500, 0);
    const victims = { ...options.victims, isThere: async () => false };
    const caller = { answered: 3, waitingMs: 2000 };
    const pool = {
      calls: 1,
      get live() {
        caller.answered += 1;
        return [caller as unknown as DrillCaller];
      },
    };
    expect(await runKills({ ...options, pool, victims })).toEqual([]);
  });
});
