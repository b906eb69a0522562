import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Pcm16Reader } from '../../src/audio/pcm16.ts';

test('samples come out whole, wherever the pieces are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 40 }),
      fc.array(fc.nat(5), { maxLength: 60 }),
      (samples, sizes) => {
        const bytes = Buffer.alloc(samples.length * 2);
        samples.forEach((sample, at) => bytes.writeInt16LE(sample, at * 2));
        const reader = new Pcm16Reader();
        const read: number[] = [];
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          read.push(...reader.push(bytes.subarray(at, at + size)));
          at = Math.min(bytes.length, at + size);
        }
        expect(read).toEqual(samples);
        expect(reader.isMidSample).toBe(false);
      },
    ),
  );
});

test('half a sample at the end is known', () => {
  const reader = new Pcm16Reader();
  expect([...reader.push(Uint8Array.of(1, 2, 3))]).toEqual([0x0201]);
  expect(reader.isMidSample).toBe(true);
});
