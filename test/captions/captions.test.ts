import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CaptionReader, spokenCaptions, writeCaptions } from '../../src/captions/index.ts';
import { frameSamples } from '../../src/captions/caption-frame.ts';

const SECOND = 8_000;

const audioOf = (samples: number) =>
  fc.noShrink(fc.uint8Array({ minLength: samples, maxLength: samples }));
const word = fc
  .string({ unit: 'grapheme-composite', minLength: 1, maxLength: 12 })
  .filter((text) => !/\s/u.test(text));

function read(audio: Uint8Array): string[] {
  return new CaptionReader().read(audio).map((caption) => caption.word);
}

function withoutRange(audio: Uint8Array, from: number, length: number): Uint8Array {
  return Buffer.concat([audio.subarray(0, from), audio.subarray(from + length)]);
}

describe('captions', () => {
  test('are read as written, where they were written, in pieces of any length', () => {
    fc.assert(
      fc.property(
        audioOf(2 * SECOND),
        fc.array(fc.record({ word, gap: fc.nat(300) }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }),
        (audio, spaced, pieces) => {
          let at = 0;
          const captions = spaced.map((each) => {
            const caption = { word: each.word, atSample: at + each.gap };
            at = caption.atSample + frameSamples(Buffer.byteLength(each.word));
            return caption;
          });
          const marked = writeCaptions(audio, captions);
          const reader = new CaptionReader();
          const found = [];
          for (let from = 0, turn = 0; from < marked.length; turn += 1) {
            const length = pieces[turn % pieces.length] ?? 1;
            found.push(...reader.read(marked.subarray(from, from + length)));
            from += length;
          }
          expect(found).toEqual(captions);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('change nothing but lowest bits, and leave the given audio alone', () => {
    const audio = Uint8Array.from({ length: SECOND }, (_, index) => index % 256);
    const marked = writeCaptions(audio, spokenCaptions('Good morning, who is it?', SECOND));
    expect(marked.every((sample, index) => sample >> 1 === (audio[index] ?? 0) >> 1)).toBe(true);
    expect([...audio]).toEqual(Array.from({ length: SECOND }, (_, index) => index % 256));
  });

  test('survive silence and loud tones around them', () => {
    for (const code of [0xff, 0x7f, 0x00, 0x80, 0xfe]) {
      const audio = new Uint8Array(SECOND).fill(code);
      expect(read(writeCaptions(audio, spokenCaptions('one two three', SECOND)))).toEqual([
        'one',
        'two',
        'three',
      ]);
    }
  });

  test('that would overlap are pushed behind each other', () => {
    const audio = new Uint8Array(SECOND).fill(0xff);
    const captions = ['first', 'second', 'third'].map((each) => ({ word: each, atSample: 100 }));
    const found = new CaptionReader().read(writeCaptions(audio, captions));
    expect(found).toEqual([
      { word: 'first', atSample: 100 },
      { word: 'second', atSample: 100 + frameSamples(5) },
      { word: 'third', atSample: 100 + frameSamples(5) + frameSamples(6) },
    ]);
  });

  test('of short audio share a frame, and what does not fit is left out', () => {
    const words = ['a', 'b', 'c', 'd'].map((each) => ({ word: each, atSample: 0 }));
    const shared = new Uint8Array(frameSamples(7)).fill(0xff);
    expect(read(writeCaptions(shared, words))).toEqual(['a', 'b', 'c', 'd']);
    expect(read(writeCaptions(shared.subarray(8), words))).toEqual(['a', 'b', 'c']);
    expect(read(writeCaptions(new Uint8Array(50), words))).toEqual([]);
    expect(writeCaptions(new Uint8Array(0), words)).toHaveLength(0);
  });

  test('hold words of any length: a monstrous one comes in pieces', () => {
    const monster = 'ü😀'.repeat(200);
    const audio = new Uint8Array(2 * SECOND).fill(0xff);
    expect(read(writeCaptions(audio, [{ word: monster, atSample: 0 }])).join('')).toBe(monster);
  });

  test('after a gap or a repetition anywhere are whole words of the text, in its order', () => {
    const text = 'There is a table at seven, shall I book it for you and your three friends?';
    const words = text.split(' ');
    fc.assert(
      fc.property(
        audioOf(4 * SECOND),
        fc.array(fc.record({ from: fc.nat(4 * SECOND), length: fc.nat(2_000) }), { maxLength: 4 }),
        (audio, gaps) => {
          let damaged = writeCaptions(audio, spokenCaptions(text, audio.length));
          for (const { from, length } of gaps) damaged = withoutRange(damaged, from, length);
          const found = read(damaged);
          let at = -1;
          for (const each of found) {
            at = words.indexOf(each, at + 1);
            expect(at).toBeGreaterThanOrEqual(0);
          }
          const lostAtMost = gaps.reduce((sum, { length }) => sum + 2 + Math.ceil(length / 300), 0);
          expect(found.length).toBeGreaterThanOrEqual(words.length - 2 * lostAtMost);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('one flipped bit loses its word and no other', () => {
    const text = 'one two three four';
    const clean = writeCaptions(new Uint8Array(SECOND).fill(0xff), spokenCaptions(text, SECOND));
    const found = new CaptionReader().read(clean);
    fc.assert(
      fc.property(fc.nat(3), fc.nat(frameSamples(3) - 1), (which, bit) => {
        const at = (found[which]?.atSample ?? 0) + bit;
        const damaged = Uint8Array.from(clean);
        damaged[at] = (damaged[at] ?? 0) ^ 1;
        expect(read(damaged)).toEqual(text.split(' ').filter((_, index) => index !== which));
      }),
    );
  });

  test('swapped pieces of 20 ms lose the words that lay across them alone', () => {
    const clean = writeCaptions(
      new Uint8Array(SECOND).fill(0xff),
      spokenCaptions('here we go again', SECOND),
    );
    const frames = Array.from({ length: 50 }, (_, at) => clean.subarray(160 * at, 160 * at + 160));
    for (let at = 0; at < 49; at += 1) {
      const swapped = [...frames];
      [swapped[at], swapped[at + 1]] = [frames[at + 1], frames[at]] as [Uint8Array, Uint8Array];
      const found = read(Buffer.concat(swapped));
      expect(['here', 'we', 'go', 'again']).toEqual(expect.arrayContaining(found));
      expect(found.length).toBeGreaterThanOrEqual(2);
    }
  });

  test('are not found in random audio', () => {
    fc.assert(
      fc.property(audioOf(SECOND), (audio) => {
        expect(read(audio)).toEqual([]);
      }),
    );
  });

  test('a hostile flood of beginnings costs no more than it should, and the next word is found', () => {
    // The sync again and again, each time with the greatest length behind it.
    const attack = new Uint8Array(8 * SECOND);
    const bits = `${(0x1a_cf_fc_1d).toString(2).padStart(32, '0')}11111111`;
    attack.forEach((_, index) => (attack[index] = Number(bits[index % bits.length])));
    const word1 = writeCaptions(new Uint8Array(SECOND).fill(0xff), [{ word: 'ok', atSample: 0 }]);
    const rest = new Uint8Array(frameSamples(255)).fill(0xff);
    expect(read(Buffer.concat([attack, word1, rest]))).toEqual(['ok']);
  });
});

describe('the captions of speech', () => {
  test('spread the words in order from the beginning, longer ones over more of it', () => {
    const captions = spokenCaptions('A reservation, please.', SECOND);
    expect(captions.map((each) => each.word)).toEqual(['A', 'reservation,', 'please.']);
    const [a = 0, reservation = 0, please = 0] = captions.map((each) => each.atSample);
    expect(a).toBe(0);
    expect(please - reservation).toBeGreaterThan(3 * (reservation - a));
    expect(please).toBeLessThan(SECOND);
  });

  test('of nothing are none', () => {
    expect(spokenCaptions('  ', SECOND)).toEqual([]);
  });
});
