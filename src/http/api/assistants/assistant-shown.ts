/**
 * An assistant as it is answered. What calls run with may be older than the rules for new ones, or have
 * been put into the database by hand: it is shown as it is.
 */
import { z } from 'zod';
import { content } from './assistant-schema.ts';
import { idField, time } from '../frame/fields.ts';

const text = z.string();
const number = z.number();
const many = z.array(text);

/** With the words that describe the field of a new one. */
function like<T extends z.ZodType>(field: z.ZodType, shown: T): T {
  const { description, examples } = field.meta() ?? {};
  return shown.meta({
    ...(description !== undefined && { description }),
    ...(Array.isArray(examples) && { examples: examples as unknown[] }),
  });
}

const { voice, listening, stream, silence, limits, ending, failure } = content;
const { endpointing, interruption, filler } = stream.shape;
const choice = { provider: text, model: text.nullable() };
const maybe = number.nullable();

export const assistantSchema = z
  .object({
    id: idField('asst'),
    object: z.literal('assistant'),
    version: z.int().min(1),
    name: text,
    first_message: like(content.first_message, text.nullable()),
    instructions: text,
    variables: like(content.variables, z.record(text, text)),
    models: like(
      content.models,
      z.array(z.object({ provider: text, model: text.nullable() })).nullable(),
    ),
    mode: content.mode,
    voice: z.object({
      language: like(voice.shape.language, text),
      name: like(voice.shape.name, text.nullable()),
    }),
    listening: z.object({
      hints: many,
      timeout_seconds: like(listening.shape.timeout_seconds, number),
      speech_timeout_seconds: like(
        listening.shape.speech_timeout_seconds,
        z.union([z.literal('auto'), number]),
      ),
      keys: like(listening.shape.keys, z.boolean()),
    }),
    stream: z.object({
      recognition: like(stream.shape.recognition, z.array(z.object(choice)).nullable()),
      speech: like(
        stream.shape.speech,
        z.array(z.object({ ...choice, voice: text.nullable() })).nullable(),
      ),
      endpointing: z.object({
        after_punctuation_ms: like(endpointing.shape.after_punctuation_ms, maybe),
        without_punctuation_ms: like(endpointing.shape.without_punctuation_ms, maybe),
        after_digits_ms: like(endpointing.shape.after_digits_ms, maybe),
        longest_ms: like(endpointing.shape.longest_ms, maybe),
      }),
      interruption: z.object({
        allowed: like(interruption.shape.allowed, z.boolean().nullable()),
        min_words: like(interruption.shape.min_words, maybe),
        min_voice_ms: like(interruption.shape.min_voice_ms, maybe),
        ignored: like(interruption.shape.ignored, many.nullable()),
        always: like(interruption.shape.always, many.nullable()),
        back_off_ms: like(interruption.shape.back_off_ms, maybe),
      }),
      filler: z.object({
        after_ms: like(filler.shape.after_ms, maybe),
        every_ms: like(filler.shape.every_ms, maybe),
        phrases: like(filler.shape.phrases, many.nullable()),
      }),
      bridge: like(stream.shape.bridge, text.nullable()),
    }),
    silence: z.object({
      prompt: like(silence.shape.prompt, text),
      max_prompts: like(silence.shape.max_prompts, number),
      farewell: like(silence.shape.farewell, text),
    }),
    limits: z.object({
      max_call_seconds: like(limits.shape.max_call_seconds, number),
      max_turns: like(limits.shape.max_turns, number),
      farewell: like(limits.shape.farewell, text),
    }),
    ending: z.object({ phrases: many, message: like(ending.shape.message, text) }),
    failure: z.object({
      apology: like(failure.shape.apology, text),
      end_after: like(failure.shape.end_after, number.nullable()),
      farewell: like(failure.shape.farewell, text),
    }),
    metadata: like(content.metadata, z.record(text, text)),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Assistant' });

export type AssistantBody = z.output<typeof assistantSchema>;
