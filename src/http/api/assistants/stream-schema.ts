/** How an assistant listens and speaks over streams of audio, as the API takes it. */
import { z } from 'zod';
import { templateField, textField } from '../frame/fields.ts';

const provider = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const name = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/)
  .nullable()
  .default(null)
  .meta({ description: "null for the provider's default" });

function chain<T extends z.ZodType>(choice: T) {
  return z.array(choice).min(1).max(10).nullable().meta({
    description: 'The first one first, the others as fallbacks; null for the usual ones',
  });
}

const ms = (min: number, max: number, description: string) =>
  z
    .int()
    .min(min)
    .max(max)
    .nullable()
    .meta({ description: `${description}; null for the usual` });

const phrases = (description: string) =>
  z
    .array(textField(100, 1))
    .max(200)
    .nullable()
    .meta({
      description: `${description}; null for the usual ones of the language`,
    });

const endpointing = z.strictObject({
  after_punctuation_ms: ms(0, 10_000, 'Silence that ends a turn after words like a sentence'),
  without_punctuation_ms: ms(0, 10_000, 'The same after words that are not'),
  after_digits_ms: ms(0, 10_000, 'The same after a number'),
  longest_ms: ms(200, 30_000, 'The longest wait, whatever the words look like'),
});

const interruption = z.strictObject({
  allowed: z.boolean().nullable().meta({ description: 'null: it is' }),
  min_words: ms(0, 50, 'So many recognised words interrupt'),
  min_voice_ms: ms(0, 10_000, 'So much voice interrupts, before any word; 0: only words do'),
  ignored: phrases('Alone they never interrupt'),
  always: phrases('They interrupt at once'),
  back_off_ms: ms(0, 10_000, 'How long the assistant stays silent at least'),
});

const filler = z.strictObject({
  after_ms: ms(200, 60_000, 'After so long without anything to say'),
  every_ms: ms(500, 60_000, 'After so long again'),
  phrases: z.array(templateField(200, 1)).max(20).nullable().meta({
    description: 'In turn; none: nothing is said; null for the usual ones of the language',
  }),
});

/** Settings of `mode: stream`. */
export const stream = z.strictObject({
  recognition: chain(z.strictObject({ provider, model: name })),
  speech: chain(z.strictObject({ provider, model: name, voice: name })),
  endpointing,
  interruption,
  filler,
  bridge: templateField(3_000, 1).nullable().meta({
    description: 'Said when the audio was lost for a moment and has come back; null for the usual',
  }),
});

export type StreamContent = z.output<typeof stream>;

/** The groups within. */
export const streamGroups = { endpointing, interruption, filler };

export const STREAM_DEFAULTS: StreamContent = {
  recognition: null,
  speech: null,
  endpointing: {
    after_punctuation_ms: null,
    without_punctuation_ms: null,
    after_digits_ms: null,
    longest_ms: null,
  },
  interruption: {
    allowed: null,
    min_words: null,
    min_voice_ms: null,
    ignored: null,
    always: null,
    back_off_ms: null,
  },
  filler: { after_ms: null, every_ms: null, phrases: null },
  bridge: null,
};
