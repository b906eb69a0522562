/** What holds whatever is said, cleared, lost, late or standing still, and in whatever order. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Clause } from '../../../src/media/playback/index.ts';
import { playbackBench, type PlaybackBench } from './bench.ts';

const RUNS = 60;
const MAX_DELAY_MS = 150;

type Happening =
  | { do: 'open'; clauses: { words: number; ms: number }[] }
  /** Some of the audio that is still to be made comes. */
  | { do: 'make'; ms: number }
  | { do: 'pass'; ms: number }
  | { do: 'stall'; ms: number }
  | { do: 'clear' };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      clauses: fc.array(
        fc.record({
          words: fc.integer({ min: 1, max: 8 }),
          ms: fc.integer({ min: 0, max: 2_500 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('make' as const),
      ms: fc.integer({ min: 1, max: 1_500 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.integer({ min: 1, max: 900 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stall' as const),
      ms: fc.integer({ min: 1, max: 700 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'clear' as const }) },
);

interface Plan {
  happenings: Happening[];
  delayMs: number;
  fates: ('returned' | 'lost' | 'twice')[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  happenings: fc.array(happening, { minLength: 5, maxLength: 40 }),
  delayMs: fc.integer({ min: 0, max: MAX_DELAY_MS }),
  fates: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('returned' as const) },
      fc.constantFrom('lost' as const, 'twice' as const),
    ),
    { minLength: 1, maxLength: 7 },
  ),
});

interface Said {
  number: number;
  text: string;
  samples: number;
  /** Not yet made, in order. */
  toMake: { clause: Clause; samples: number }[];
}

/** Each utterance's audio consists of its own number alone. */
class Story {
  readonly bench: PlaybackBench;
  readonly said: Said[] = [];
  /** Utterances up to this one were cleared, and so much had been sent then. */
  readonly clears: { upTo: number; sentBefore: number }[] = [];
  #onStep: (story: Story) => void;

  constructor({ delayMs, fates }: Plan, onStep: (story: Story) => void = () => {}) {
    let mark = 0;
    const fate = () => fates[(mark += 1) % fates.length] ?? 'returned';
    this.bench = playbackBench({ delayMs, fate });
    this.#onStep = onStep;
  }

  run(happenings: readonly Happening[]): void {
    for (const each of happenings) {
      this.#happen(each);
      this.#onStep(this);
    }
  }

  /** Everything that was begun is made and played to its end. */
  end(): void {
    for (const said of this.said) this.#make(said, Infinity);
    const { told } = this.bench;
    const isOver = () => told('heard').length + told('cleared').length === this.said.length;
    for (let seconds = 0; seconds < 120 && !isOver(); seconds += 1) this.#pass(1_000);
    this.#pass(1_000);
  }

  #happen(each: Happening): void {
    if (each.do === 'open') this.#open(each.clauses);
    else if (each.do === 'pass') this.#pass(each.ms);
    else if (each.do === 'stall') this.bench.time.stall(each.ms);
    else if (each.do === 'clear') this.#clear();
    else {
      const said = this.said.find(({ toMake }) => toMake.length > 0);
      if (said) this.#make(said, each.ms * 8);
    }
  }

  #open(clauses: { words: number; ms: number }[]): void {
    const { playback } = this.bench;
    const number = this.said.length + 1;
    playback.open(number);
    const texts = clauses.map(({ words }, index) =>
      Array.from({ length: words }, (_, at) => `w${'o'.repeat(at)}rd${index}`).join(' '),
    );
    const toMake = clauses.map(({ ms }, index) => ({
      clause: playback.clause(number, texts[index] ?? ''),
      samples: ms * 8,
    }));
    const samples = toMake.reduce((sum, clause) => sum + clause.samples, 0);
    this.said.push({ number, text: texts.join(' '), samples, toMake });
  }

  #make(said: Said, samples: number): void {
    for (let left = samples; left > 0;) {
      const next = said.toMake[0];
      if (!next) return;
      const made = Math.min(left, next.samples);
      next.clause.push(new Uint8Array(made).fill(said.number));
      next.samples -= made;
      left -= made;
      if (next.samples > 0) return;
      next.clause.end();
      said.toMake.shift();
      if (said.toMake.length === 0) this.bench.playback.finish(said.number);
    }
  }

  #pass(ms: number): void {
    for (let left = ms; left > 0; left -= 20) {
      this.bench.time.pass(Math.min(left, 20));
      this.#onStep(this);
    }
  }

  #clear(): void {
    this.bench.playback.clear();
    this.clears.push({ upTo: this.said.length, sentBefore: this.bench.line.bytes.length });
  }

  fateOf(number: number) {
    const { told } = this.bench;
    const ofIt = ({ utterance }: { utterance: number }) => utterance === number;
    return {
      audible: told('audible').filter(ofIt),
      heard: told('heard').filter(ofIt),
      cleared: told('cleared').filter(ofIt),
    };
  }
}

function always(check: (story: Story) => void, onStep?: (story: Story) => void): void {
  fc.assert(
    fc.property(plan, (given) => {
      const story = new Story(given, onStep);
      story.run(given.happenings);
      story.end();
      check(story);
    }),
    { numRuns: RUNS },
  );
}

function countsOf(bytes: Uint8Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  return counts;
}

const isSorted = (bytes: Uint8Array) => Buffer.compare(bytes, bytes.toSorted()) === 0;

describe('whatever happens', () => {
  test('what is told as heard is the beginning of what was said, and no more than was heard', () => {
    always((story) => {
      const heard = countsOf(story.bench.line.heard);
      for (const { number, text, samples } of story.said) {
        const { cleared } = story.fateOf(number);
        const heardSamples = heard.get(number) ?? 0;
        for (const { heardText } of cleared) {
          expect(`${text} `.startsWith(heardText === '' ? '' : `${heardText} `)).toBe(true);
          expect(heardText === '' || heardSamples > 0).toBe(true);
          expect(heardText !== text || heardSamples === samples).toBe(true);
        }
      }
    });
  });

  test('never more than 400 ms are ahead', () => {
    let most = 0;
    always(
      ({ bench }) =>
        expect(Math.max(most, bench.playback.figures.longestLeadMs)).toBeLessThanOrEqual(400),
      ({ bench: { playback, line } }) => {
        most = Math.max(most, playback.leadMs, line.aheadMs - MAX_DELAY_MS);
      },
    );
  });

  test('nothing of what was said before a clear is sent after it', () => {
    always((story) => {
      const { bytes } = story.bench.line;
      for (const { upTo, sentBefore } of story.clears) {
        expect(bytes.subarray(sentBefore).every((byte) => byte > upTo)).toBe(true);
      }
    });
  });

  test('what was not cleared is sent and played once, whole and in order', () => {
    always((story) => {
      const { bytes, heard } = story.bench.line;
      const [sentOf, heardOf] = [countsOf(bytes), countsOf(heard)];
      const kept = story.said.filter(({ number }) => story.fateOf(number).cleared.length === 0);
      for (const { number, samples } of kept) {
        expect(sentOf.get(number) ?? 0).toBe(samples);
        expect(heardOf.get(number) ?? 0).toBe(samples);
      }
      expect(isSorted(bytes)).toBe(true);
    });
  });

  test('each utterance is heard or cleared, once, and audible before it is heard', () => {
    always((story) => {
      for (const { number, text, samples } of story.said) {
        const { audible, heard, cleared } = story.fateOf(number);
        expect(heard.length + cleared.length).toBe(1);
        if (heard.length === 0) continue;
        expect(audible).toHaveLength(samples > 0 ? 1 : 0);
        expect(heard[0]?.text).toBe(samples > 0 ? text : '');
        const { events } = story.bench;
        const order = [...audible, ...heard].map((event) => events.indexOf(event));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }
    });
  });
});
