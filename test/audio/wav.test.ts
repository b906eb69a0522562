import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readWav, WavError, writeWav } from '../../src/audio/wav.ts';

const speech = writeWav({
  encoding: 'pcm16',
  sampleRate: 16_000,
  samples: Int16Array.from([0, 1, -1, 32_767, -32_768]),
});

function changed(change: (file: Buffer) => void, file = speech): Uint8Array {
  const copy = Buffer.from(file);
  change(copy);
  return copy;
}

function outcomeOf(file: Uint8Array): string {
  try {
    readWav(file);
    return 'read';
  } catch (error) {
    return error instanceof Error ? error.name : 'something else';
  }
}

describe('WAV files', () => {
  test('are read as written', () => {
    fc.assert(
      fc.property(fc.int16Array(), fc.integer({ min: 1, max: 192_000 }), (samples, sampleRate) => {
        const wav = { encoding: 'pcm16' as const, sampleRate, samples };
        expect(readWav(writeWav(wav))).toEqual(wav);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (audio) => {
        const wav = { encoding: 'mulaw' as const, sampleRate: 8_000 as const, audio };
        expect(readWav(writeWav(wav))).toEqual(wav);
      }),
    );
  });

  test('may have other chunks before the samples, also of odd length', () => {
    const list = Buffer.from('LIST\x03\x00\x00\x00abc\x00', 'latin1');
    const file = Buffer.concat([speech.subarray(0, 36), list, speech.subarray(36)]);
    expect(readWav(file)).toEqual(readWav(speech));
  });

  test('from a pipe, of unknown length, are read to their end', () => {
    for (const size of [0xffff_ffff, 0x7fff_f000]) {
      expect(readWav(changed((file) => file.writeUInt32LE(size, 40)))).toEqual(readWav(speech));
    }
  });

  test('in the extensible format are read as what they hold', () => {
    const format = Buffer.alloc(48);
    format.write('fmt ', 0, 'latin1');
    format.writeUInt32LE(40, 4);
    speech.subarray(20, 36).forEach((byte, index) => (format[8 + index] = byte));
    format.writeUInt16LE(0xfffe, 8);
    format.writeUInt16LE(1, 8 + 24);
    const file = Buffer.concat([speech.subarray(0, 12), format, speech.subarray(36)]);
    expect(readWav(file)).toEqual(readWav(speech));
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /not a WAV/],
    ['something else', Buffer.from('ID3'.padEnd(64)), /not a WAV/],
    ['no samples', speech.subarray(0, 36), /no samples/],
    ['a file cut short', speech.subarray(0, 48), /cut short/],
    ['stereo', changed((file) => file.writeUInt16LE(2, 22)), /2 channels/],
    ['24 bits', changed((file) => file.writeUInt16LE(24, 34)), /24 bits/],
    ['MP3 inside', changed((file) => file.writeUInt16LE(0x55, 20)), /neither PCM nor mu-law/],
    ['no rate', changed((file) => file.writeUInt32LE(0, 24)), /absurd/],
    ['an absurd rate', changed((file) => file.writeUInt32LE(4_000_000_000, 24)), /absurd/],
    ['mu-law at 16 kHz', changed((file) => file.writeUInt16LE(7, 20)), /8 kHz/],
    ['a format of no length', changed((file) => file.writeUInt32LE(2, 16)), /cut short/],
    ['samples first', changed((file) => file.write('data', 12, 'latin1')), /before their format/],
  ])('refuse %s', (_name, file, message) => {
    expect(() => readWav(file)).toThrow(WavError);
    expect(() => readWav(file)).toThrow(message);
  });

  test('of any bytes are read or refused, never anything else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(speech.length - 1), fc.nat(255)), { maxLength: 6 }),
        (changes) => {
          const file = changed((bytes) => changes.forEach(([at, byte]) => (bytes[at] = byte)));
          expect(['read', 'WavError']).toContain(outcomeOf(file));
        },
      ),
      { numRuns: 500 },
    );
  });
});
