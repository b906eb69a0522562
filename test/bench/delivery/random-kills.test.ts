import { describe, expect, test } from '@jest/globals';
import { KILLED, killAtRandom } from '../../../src/bench/delivery/random-kills.ts';
import type { RandomKillsOptions } from '../../../src/bench/delivery/random-kills.ts';

const progress = { say: () => undefined, live: () => undefined } as RandomKillsOptions['progress'];

/** Nothing is killed: whoever is to die is written down. */
async function kills(seed: string, count: number, given: Partial<RandomKillsOptions> = {}) {
  const killed: string[] = [];
  let isOver = () => undefined as void;
  const until = new Promise<void>((resolve) => (isOver = resolve));
  const kill = (name: string) => {
    killed.push(name);
    if (killed.length >= count) isOver();
    return 1;
  };
  const done = await killAtRandom({
    ...{ seed, until, progress, stopping: new AbortController().signal, calls: () => 0 },
    victims: { isThere: async () => true, kill },
    receiver: { kill: async () => void kill('receiver'), restart: async () => undefined },
    untilTemporalAnswers: async () => 7,
    pace: { gapMs: { min: 0, max: 3 }, receiverAwayMs: { min: 0, max: 3 } },
    ...given,
  });
  return { killed, done };
}

describe('random kills', () => {
  test('are the same for the same seed, until there is nobody left to disturb', async () => {
    const [one, same, other] = await Promise.all([kills('1', 3), kills('1', 3), kills('2', 3)]);
    expect(one.killed.length).toBeGreaterThanOrEqual(3);
    expect(same.killed.slice(0, 3)).toEqual(one.killed.slice(0, 3));
    expect(other.killed.slice(0, 3)).not.toEqual(one.killed.slice(0, 3));
    expect(one.done.map(({ process }) => process).sort()).toEqual(one.killed.toSorted());
  });

  test('are of known processes, and tell when each was back', async () => {
    const { done } = await kills('3', 4);
    for (const { process, atMs, backAtMs = 0, answersAtMs } of done) {
      expect(KILLED).toContain(process);
      expect(backAtMs).toBeGreaterThanOrEqual(atMs);
      expect(answersAtMs).toBe(process === 'voca-temporal' ? 7 : undefined);
    }
  });

  test('do not kill where nothing runs', async () => {
    const stopping = new AbortController();
    const isThere = async () => {
      stopping.abort();
      return false;
    };
    const victims = { isThere, kill: () => 1 };
    const { killed, done } = await kills('5', 1, { victims, stopping: stopping.signal });
    expect([killed, done].flat()).toEqual([]);
  });
});
