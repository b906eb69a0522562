import { describe, expect, test } from '@jest/globals';
import { decodeMulaw, encodeMulaw, MULAW_SILENCE } from '../../src/audio/mulaw.ts';

/** G.711, table 2a, in another form than the code under test. */
function linear(byte: number): number {
  const bits = ~byte & 0xff;
  const segment = (bits >> 4) & 7;
  const size = ((((bits & 15) << 1) + 33) << (segment + 2)) - 132;
  return bits & 0x80 ? -size : size;
}

describe('mu-law', () => {
  test('all 256 codes mean what G.711 says', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    expect([...decodeMulaw(codes)].map((each) => each + 0)).toEqual(
      [...codes].map((code) => linear(code) + 0),
    );
  });

  test('each of the 65,536 samples is off by half a step of its segment at most', () => {
    const samples = Int16Array.from({ length: 65_536 }, (_, at) => at - 32_768);
    const codes = encodeMulaw(samples);
    const loudest = linear(0x80);
    const wrong = samples.filter((sample, at) => {
      const halfStep = 4 << ((~codes[at]! >> 4) & 7);
      const wanted = Math.max(-loudest, Math.min(loudest, sample));
      return Math.abs(linear(codes[at]!) - wanted) > halfStep;
    });
    expect([...wrong]).toEqual([]);
  });

  test('a code is kept when it is decoded and encoded, but for negative zero', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const again = encodeMulaw(decodeMulaw(codes));
    expect([...codes].filter((code) => again[code] !== code)).toEqual([127]);
    expect(again[127]).toBe(MULAW_SILENCE);
  });

  test('silence is silent', () => {
    expect([...decodeMulaw(Uint8Array.of(MULAW_SILENCE))]).toEqual([0]);
    expect([...encodeMulaw(new Int16Array(2))]).toEqual([MULAW_SILENCE, MULAW_SILENCE]);
  });
});
