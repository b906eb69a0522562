import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { CaptionReader } from '../../src/captions/index.ts';
import { CallerVoice } from '../../src/simulator/streams/caller-voice.ts';
import type { VoiceEngine } from '../../src/simulator/streams/caller-voice.ts';
import { audibleRange } from '../../src/simulator/streams/format.ts';
import { speechLikeTones } from '../../src/audio/speech-like-tones.ts';

const TEXT = 'Good evening, I would like a table for four at seven, please.';

const isHere = (engine: VoiceEngine) => spawnSync(engine, ['--version']).error === undefined;
const PROGRAMS = (['flite', 'espeak-ng'] as const).filter(isHere);

if (PROGRAMS.length < 2) {
  process.stderr.write('flite or espeak-ng is not installed: its test did not run\n');
}

describe("the caller's voice", () => {
  test.each([...PROGRAMS, 'tones' as const])(
    'by %s is as long as speech, trimmed, in whole frames, with the words',
    async (engine) => {
      const { audio, payloads, audible } = await new CallerVoice(engine).speak(TEXT);
      const seconds = audio.length / 8_000;
      expect(seconds).toBeGreaterThan(2);
      expect(seconds).toBeLessThan(6);
      expect(audible.from).toBeLessThanOrEqual(160);
      expect(audio.length - audible.to).toBeLessThan(160);
      expect(payloads).toHaveLength(audio.length / 160);
      const sent = Buffer.concat(payloads.map((each) => Buffer.from(each, 'base64')));
      expect(sent).toEqual(Buffer.from(audio));
      expect(new CaptionReader().read(audio).map(({ word }) => word)).toEqual(TEXT.split(' '));
    },
  );

  test.each(PROGRAMS)('by %s is no stand-in', async (engine) => {
    const { audio } = await new CallerVoice(engine).speak(TEXT);
    expect(audio.length).not.toBe((await new CallerVoice('tones').speak(TEXT)).audio.length);
  });

  test('falls back to tones when the program fails, or says nothing', async () => {
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    try {
      const { audio } = await new CallerVoice().speak('Hello');
      expect(audio.length).toBeGreaterThan(1_000);
    } finally {
      process.env.PATH = PATH;
    }
    for (const odd of ['…', '', '-v', '\u0000', '日本']) {
      const { audio } = await new CallerVoice().speak(odd);
      expect(audio.length % 160).toBe(0);
    }
  });

  test('makes the same words once', async () => {
    const voice = new CallerVoice('tones');
    expect(voice.speak('Hello')).toBe(voice.speak('Hello'));
    expect(await voice.speak('Hello')).not.toBe(await voice.speak('Hallo'));
  });

  test('as tones has a syllable for each of the words, and silence between sentences', () => {
    const one = speechLikeTones('no');
    const three = speechLikeTones('tomato');
    expect(three.length).toBeGreaterThan(2 * one.length);
    expect(audibleRange(speechLikeTones('Yes. No.').subarray(2_200, 3_800))).toBeUndefined();
    expect(speechLikeTones('same')).toEqual(speechLikeTones('same'));
  });
});
