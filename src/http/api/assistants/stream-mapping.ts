/** The plan of streams between the API's form and the one that calls run with. */
import type { StreamPlan } from '../../../../workflows/assistant.ts';
import type { StreamContent } from './stream-schema.ts';

/** Undefined when all of it is as usual. */
export function toStreamPlan(content: StreamContent): StreamPlan | undefined {
  const { recognition, speech, endpointing, interruption, filler, bridge } = content;
  const plan = given({
    recognition: recognition?.map((each) => given(each)) ?? null,
    speech: speech?.map((each) => given(each)) ?? null,
    endpointing: group({
      afterPunctuation: endpointing.after_punctuation_ms,
      withoutPunctuation: endpointing.without_punctuation_ms,
      afterDigits: endpointing.after_digits_ms,
      longest: endpointing.longest_ms,
    }),
    interruption: group({
      allowed: interruption.allowed,
      minWords: interruption.min_words,
      minVoice: interruption.min_voice_ms,
      ignored: interruption.ignored,
      always: interruption.always,
      backOff: interruption.back_off_ms,
    }),
    filler: group({
      after: filler.after_ms,
      every: filler.every_ms,
      phrases: filler.phrases,
    }),
    bridge,
  });
  return Object.keys(plan).length > 0 ? plan : undefined;
}

export function fromStreamPlan(plan: StreamPlan = {}): StreamContent {
  const { recognition, speech, endpointing, interruption, filler, bridge } = plan;
  return {
    recognition:
      recognition?.map(({ provider, model }) => ({ provider, model: model ?? null })) ?? null,
    speech:
      speech?.map(({ provider, model, voice }) => ({
        provider,
        model: model ?? null,
        voice: voice ?? null,
      })) ?? null,
    endpointing: {
      after_punctuation_ms: endpointing?.afterPunctuation ?? null,
      without_punctuation_ms: endpointing?.withoutPunctuation ?? null,
      after_digits_ms: endpointing?.afterDigits ?? null,
      longest_ms: endpointing?.longest ?? null,
    },
    interruption: {
      allowed: interruption?.allowed ?? null,
      min_words: interruption?.minWords ?? null,
      min_voice_ms: interruption?.minVoice ?? null,
      ignored: interruption?.ignored ?? null,
      always: interruption?.always ?? null,
      back_off_ms: interruption?.backOff ?? null,
    },
    filler: {
      after_ms: filler?.after ?? null,
      every_ms: filler?.every ?? null,
      phrases: filler?.phrases ?? null,
    },
    bridge: bridge ?? null,
  };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], null> } & {
  [K in keyof T as null extends T[K] ? never : K]: T[K];
};

/** Without what is null. */
function given<T extends object>(fields: T): Given<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(kept) as Given<T>;
}

/** Null when nothing of it is given. */
function group<T extends object>(fields: T): Given<T> | null {
  const kept = given(fields);
  return Object.keys(kept).length > 0 ? kept : null;
}
