import { z } from 'zod';
import type { Assistant } from '../../workflows/assistant.ts';
import { DatabaseError } from './errors.ts';

/** What of an assistant is kept as JSON. */
export type AssistantConfig = Omit<Assistant, 'id' | 'version' | 'name' | 'workspaceId' | 'memory'>;

const text = z.string().max(100_000);
const seconds = z.number().positive().max(86_400);

const word = z.string().regex(/^[^\s\p{Cc}]{1,200}$/u);
/** Whether a provider of that name is configured is known only where the models are asked. */
const modelChoice = z.object({ provider: word, model: word.optional() });

const voiceChoice = modelChoice.extend({ voice: word.optional() });
const ms = z.number().min(0).max(86_400_000);
const phrases = z.array(z.string().max(1_000)).max(500);

const stream = z.object({
  recognition: z.array(modelChoice).min(1).max(10).optional(),
  speech: z.array(voiceChoice).min(1).max(10).optional(),
  endpointing: z
    .object({ afterPunctuation: ms, withoutPunctuation: ms, afterDigits: ms, longest: ms })
    .partial()
    .optional(),
  interruption: z
    .object({
      allowed: z.boolean(),
      minWords: z.int().min(0),
      minVoice: ms,
      ignored: phrases,
      always: phrases,
      backOff: ms,
    })
    .partial()
    .optional(),
  filler: z.object({ after: ms, every: ms, phrases }).partial().optional(),
  bridge: text.optional(),
});

const schema: z.ZodType<AssistantConfig> = z.object({
  firstMessage: text,
  instructions: text,
  models: z.array(modelChoice).min(1).max(10).optional(),
  mode: z.enum(['gather', 'stream']).optional(),
  stream: stream.optional(),
  voice: z.object({ language: z.string().min(2).max(35), name: z.string().max(100).optional() }),
  listen: z.object({
    keys: z.boolean(),
    timeoutSeconds: seconds,
    speechTimeout: z.union([z.literal('auto'), seconds]),
    hints: z.array(z.string().max(1_000)).max(500),
  }),
  silence: z.object({ prompt: text, prompts: z.int().min(0).max(100), farewell: text }),
  limits: z.object({ callSeconds: seconds, turns: z.int().positive(), farewell: text }),
  ending: z.object({ phrases: z.array(z.string().max(1_000)).max(500), message: text }),
  apology: text,
  failure: z.object({ endAfter: z.int().positive().optional(), farewell: text }).optional(),
  variables: z.record(z.string(), text).optional(),
  metadata: z.record(z.string(), text).optional(),
});

/**
 * Checks a configuration on its way into the database and out of it, where somebody may have
 * edited it by hand: a call cannot run on half of one.
 */
export function checkedConfig(value: unknown): AssistantConfig {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => issue.path.join('.') || 'all');
  throw new DatabaseError(
    `The configuration of an assistant is not usable: ${[...new Set(fields)].join(', ')}`,
    'bad-config',
    false,
  );
}
