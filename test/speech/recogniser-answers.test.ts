/** What recognisers' servers may write, and what is made of it. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SpeechError } from '../../src/speech/index.ts';
import { readDeepgram } from '../../src/speech/recognisers/deepgram-messages.ts';
import { recognisedText } from '../../src/speech/recognisers/recognised-text.ts';
import { readTranscription } from '../../src/speech/recognisers/transcription-answer.ts';

/** Of the right form here and there, so that more than the first look at it is tried. */
const message = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .record(
      {
        type: fc.constantFrom('Results', 'Error', 'Metadata', 7, undefined),
        is_final: fc.oneof(fc.boolean(), fc.anything()),
        from_finalize: fc.boolean(),
        start: fc.oneof(fc.double(), fc.string()),
        duration: fc.double(),
        channel: fc.oneof(
          fc.record({
            alternatives: fc.array(
              fc.record({
                transcript: fc.string({ unit: 'binary' }),
                confidence: fc.oneof(fc.double(), fc.string()),
              }),
            ),
          }),
          fc.anything(),
        ),
      },
      { requiredKeys: [] },
    )
    .map((each) => JSON.stringify(each, (_, value: unknown) => asJson(value)) ?? ''),
);

function asJson(value: unknown): unknown {
  return typeof value === 'bigint' || typeof value === 'symbol' ? String(value) : value;
}

test('no message of Deepgram does more than fail its session', () => {
  fc.assert(
    fc.property(message, (raw) => {
      try {
        const result = readDeepgram(raw);
        if (!result) return true;
        const { text, untilMs = 0, confidence = 0 } = result;
        expect(text).not.toMatch(/[\p{Cc}\p{Cs}]/u);
        expect(Number.isFinite(untilMs) && untilMs >= 0).toBe(true);
        expect(confidence >= 0 && confidence <= 1).toBe(true);
        return true;
      } catch (error) {
        return error instanceof SpeechError;
      }
    }),
    { numRuns: 500 },
  );
});

test('no answer of a transcription does more than fail its session', () => {
  fc.assert(
    fc.property(fc.oneof(message, fc.string()), (raw) => {
      let thrown: unknown;
      try {
        expect(typeof readTranscription(raw)).toBe('string');
      } catch (error) {
        thrown = error;
      }
      expect(thrown === undefined || thrown instanceof SpeechError).toBe(true);
    }),
  );
});

test.each([
  ['  two \n lines\t', 'two lines'],
  ['a\u0000b', 'a b'],
  ['\ud800half', '\ufffdhalf'],
  ['turned\u202e round', 'turned round'],
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['', ''],
])('%j becomes one line of text', (raw, text) => {
  expect(recognisedText(raw, 'it')).toBe(text);
});
