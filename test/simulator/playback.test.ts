import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Playback } from '../../src/simulator/streams/playback.ts';

type Step =
  { do: 'push'; samples: number } | { do: 'mark' } | { do: 'clear' } | { do: 'wait'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('push' as const), samples: fc.nat(3_000) }),
  fc.record({ do: fc.constant('mark' as const) }),
  { arbitrary: fc.record({ do: fc.constant('clear' as const) }), weight: 1 },
  fc.record({ do: fc.constant('wait' as const), ms: fc.double({ min: 0, max: 200, noNaN: true }) }),
);

describe('the playback of a stream', () => {
  test('loses and invents no sample, plays in real time, and tells each mark once, in order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let nowMs = 1_000;
        let [pushed, played, cleared, marks] = [0, 0, 0, 0];
        let playedUntilMs = 0;
        const told: string[] = [];
        const playback = new Playback(nowMs);
        const advance = () => {
          const result = playback.advance(nowMs);
          for (const { audio, atMs } of result.pieces) {
            expect(atMs).toBeGreaterThanOrEqual(playedUntilMs - 1e-6);
            playedUntilMs = atMs + audio.length / 8;
            expect(playedUntilMs).toBeLessThanOrEqual(nowMs + 1e-6);
            played += audio.length;
          }
          told.push(...result.marks);
        };
        for (const each of steps) {
          if (each.do === 'wait') nowMs += each.ms;
          advance();
          if (each.do === 'push') {
            playback.push(new Uint8Array(each.samples), nowMs);
            pushed += each.samples;
          }
          if (each.do === 'mark') {
            marks += 1;
            playback.mark(String(marks));
          }
          if (each.do !== 'clear') continue;
          const dropped = playback.clear();
          cleared += dropped.audio.reduce((sum, { length }) => sum + length, 0);
          told.push(...dropped.marks);
          expect(playback.isIdle).toBe(true);
        }
        expect(playback.queuedMs * 8).toBe(pushed - played - cleared);
        nowMs += 60_000;
        advance();
        expect(played + cleared).toBe(pushed);
        expect(told).toEqual(Array.from({ length: marks }, (_, index) => String(index + 1)));
      }),
    );
  });

  test('starts when audio comes, not at a beat, and goes on without a gap', () => {
    const playback = new Playback(0);
    playback.advance(33.3);
    playback.push(new Uint8Array(80), 33.3);
    playback.push(new Uint8Array(80), 33.3);
    const { pieces } = playback.advance(100);
    expect(pieces.map(({ atMs, audio }) => [atMs, audio.length])).toEqual([
      [33.3, 80],
      [43.3, 80],
    ]);
    expect(playback.idleSinceMs).toBeCloseTo(53.3);
  });
});
