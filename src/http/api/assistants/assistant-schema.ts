/** An assistant as the API takes it. */
import { z } from 'zod';
import { metadata, nameField, templateField, textField } from '../frame/fields.ts';
import { stream, STREAM_DEFAULTS, streamGroups } from './stream-schema.ts';

const spoken = (min = 0) => templateField(3_000, min);
const seconds = (max: number) => z.int().min(1).max(max);
/** BCP-47, such as en-US; what the carrier's recogniser knows of it, it must say itself. */
const language = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'Not a language tag such as en-US')
  .meta({ examples: ['en-US'] });

const models = z
  .array(
    z.strictObject({
      provider: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
      model: z
        .string()
        .regex(/^[\x21-\x7e]{1,200}$/)
        .nullable()
        .default(null)
        .meta({ description: "null for the provider's default" }),
    }),
  )
  .min(1)
  .max(10)
  .nullable()
  .meta({ description: 'The first one first, the others as fallbacks; null for the usual ones' });

const variables = z
  .record(z.string().regex(/^[A-Za-z0-9_]{1,40}$/), textField(1_000))
  .refine((map) => Object.keys(map).length <= 50, 'At most 50 variables')
  .meta({ description: 'Defaults of the `{{name}}` in texts; a call may bring its own' });

const voice = z.strictObject({
  language,
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/)
    .nullable()
    .meta({ examples: ['Polly.Joanna-Neural'], description: "null for the carrier's default" }),
});

const listening = z.strictObject({
  hints: z
    .array(textField(100, 1).refine((hint) => !hint.includes(','), 'One phrase without a comma'))
    .max(500),
  timeout_seconds: seconds(60).meta({ description: 'Silence that counts as no answer' }),
  speech_timeout_seconds: z
    .union([z.literal('auto'), seconds(60)])
    .meta({ description: 'Silence that ends a sentence' }),
  keys: z.boolean().meta({ description: 'Whether keys of the telephone count as an answer' }),
});

const silence = z.strictObject({
  prompt: spoken(1),
  max_prompts: z.int().min(0).max(20),
  farewell: spoken(),
});

const limits = z.strictObject({
  max_call_seconds: z.int().min(10).max(14_400),
  max_turns: z.int().min(1).max(10_000),
  farewell: spoken(),
});

const ending = z.strictObject({
  phrases: z.array(textField(200, 1)).max(100),
  message: spoken(),
});

const failure = z.strictObject({
  apology: spoken(1).meta({ description: 'Said in place of an answer when all models fail' }),
  end_after: z.int().min(1).max(100).nullable().meta({
    description: 'After so many failures in a row the call ends with `farewell`; null: it goes on',
  }),
  farewell: spoken(),
});

const mode = z.enum(['gather', 'stream']).meta({
  description:
    "`gather`: sentence by sentence, with the carrier's recognition and voices. `stream`: as live audio, through a media worker",
});

export const content = {
  name: nameField,
  first_message: spoken(1).nullable().meta({ description: 'null: wait for the caller to speak' }),
  instructions: templateField(50_000),
  variables,
  models,
  mode,
  voice,
  listening,
  stream,
  silence,
  limits,
  ending,
  failure,
  metadata,
};

/** What its owner decides. */
export type AssistantContent = z.output<z.ZodObject<typeof content>>;

/** What is left out of a new assistant. */
const DEFAULTS = {
  first_message: null,
  variables: {},
  models: null,
  mode: 'gather' as const,
  voice: { language: 'en-US', name: null },
  listening: { hints: [], timeout_seconds: 5, speech_timeout_seconds: 'auto' as const, keys: true },
  stream: STREAM_DEFAULTS,
  silence: {
    prompt: 'Are you still there?',
    max_prompts: 2,
    farewell: 'I cannot hear you. Goodbye.',
  },
  limits: {
    max_call_seconds: 1_800,
    max_turns: 100,
    farewell: 'We have reached the end of our time. Goodbye.',
  },
  ending: { phrases: [], message: 'Goodbye.' },
  failure: {
    apology: 'I am sorry, I did not get that. Could you say it again?',
    end_after: 3,
    farewell: 'I am sorry, something is wrong on our side. Please call again later. Goodbye.',
  },
  metadata: {},
} satisfies Partial<AssistantContent>;

/** A group of settings, each of which may be left out. */
function group<T extends z.ZodRawShape>(
  schema: z.ZodObject<T>,
  defaults: z.output<z.ZodObject<T>>,
) {
  return schema
    .partial()
    .default({} as never)
    .transform((given) => ({ ...defaults, ...given }) as z.output<z.ZodObject<T>>);
}

const newStream = z.strictObject({
  recognition: stream.shape.recognition.default(null),
  speech: stream.shape.speech.default(null),
  endpointing: group(streamGroups.endpointing, STREAM_DEFAULTS.endpointing),
  interruption: group(streamGroups.interruption, STREAM_DEFAULTS.interruption),
  filler: group(streamGroups.filler, STREAM_DEFAULTS.filler),
  bridge: stream.shape.bridge.default(null),
});

export const newAssistant = z.strictObject({
  ...content,
  first_message: content.first_message.default(DEFAULTS.first_message),
  variables: variables.default(DEFAULTS.variables),
  models: models.default(DEFAULTS.models),
  mode: mode.default(DEFAULTS.mode),
  voice: group(voice, DEFAULTS.voice),
  listening: group(listening, DEFAULTS.listening),
  stream: newStream.default(STREAM_DEFAULTS),
  silence: group(silence, DEFAULTS.silence),
  limits: group(limits, DEFAULTS.limits),
  ending: group(ending, DEFAULTS.ending),
  failure: group(failure, DEFAULTS.failure),
  metadata: metadata.default(DEFAULTS.metadata),
});

/** Each field may also be null: it goes back to what a new assistant has there. */
function patchOf<T extends z.ZodRawShape>(shape: T) {
  return Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [
      name,
      (field as z.ZodType).nullable().optional(),
    ]),
  ) as { [K in keyof T]: z.ZodOptional<z.ZodNullable<T[K] & z.ZodType>> };
}

function patchesOf(groups: Record<string, z.ZodObject>) {
  const patches = Object.entries(groups).map(([name, { shape }]) => [
    name,
    z.strictObject(patchOf(shape)),
  ]);
  return patchOf(Object.fromEntries(patches) as Record<string, z.ZodType>);
}

const groups = { voice, listening, silence, limits, ending, failure };
const notes = z.record(z.string(), z.string().nullable());

/** A merge patch: what is left out stays. The whole that comes of it is checked once more. */
export const assistantChanges = z.strictObject({
  ...patchOf(content),
  ...patchesOf(groups),
  stream: z
    .strictObject({ ...patchOf(stream.shape), ...patchesOf(streamGroups) })
    .nullable()
    .optional(),
  variables: notes.nullable().optional(),
  metadata: notes.nullable().optional(),
});
