/** What all vendors have in common: what was answered, and the one tool there is. */
import { z } from 'zod';
import { ModelError, type Completion, type Prompt, type PromptMessage } from '../llm.ts';

/** An answer in no vendor's form. */
export interface Answer {
  text: string;
  tools: { name: string; input: unknown }[];
  /** As the server names it. */
  model?: string | undefined;
  tokens?: { prompt: number; completion: number } | undefined;
  /** It has reached the most tokens, or the most that we read. */
  isCut: boolean;
}

/**
 * Characters after which a stream is not read any further; only absurd answers have so many. Requests
 * to OpenAI's kind of servers ask for no limit: some refuse the one name for it and some the other,
 * and what a model thinks counts, too.
 */
export const MAX_ANSWER_LENGTH = 20_000;
/** Calls of tools in one answer, of which there is one that means something. */
export const MAX_TOOLS = 16;
/** Characters of a name that a server chooses: of a model, which goes into records, or of a tool. */
const MAX_NAME_LENGTH = 200;

/** A server's name for something; undefined when it is none that anybody would give. */
export const nameSchema = z
  .string()
  .max(10 * MAX_NAME_LENGTH)
  .transform((name) => name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim())
  .pipe(z.string().min(1).max(MAX_NAME_LENGTH))
  .optional()
  .catch(undefined);

/** Tokens as a server counts them; undefined beyond what any model can read. */
export const countSchema = z.number().int().nonnegative().max(100_000_000);

/** At most so much that both together stay within the limit. */
export function appended(text: string, more: string, limit: number = MAX_ANSWER_LENGTH): string {
  return text.length >= limit ? text : text + more.slice(0, limit - text.length);
}

/** How a model ends the call. The last words ride along: many models call a tool without a text. */
export const END_CALL = {
  name: 'end_call',
  description: 'Ends the telephone call after the last words are said.',
  parameters: {
    type: 'object' as const,
    properties: {
      farewell: {
        type: 'string',
        description: 'The last words to the caller, unless they are in the text of the answer.',
      },
    },
    additionalProperties: false,
  },
};

/**
 * Strict chat templates want the roles to alternate, the user to begin and every line to have words,
 * so lines of one speaker are joined and a call that begins with our greeting gets a line before it.
 */
export function alternating(prompt: Prompt): PromptMessage[] {
  const joined: PromptMessage[] = [];
  if (prompt.messages[0]?.role === 'assistant') {
    joined.push({ role: 'user', content: '[the call begins]' });
  }
  for (const { role, content } of prompt.messages) {
    const last = joined.at(-1);
    const words = content.trim() === '' ? '[the caller said nothing]' : wellFormed(content);
    if (last?.role === role) last.content += `\n${words}`;
    else joined.push({ role, content: words });
  }
  return joined;
}

/** Half a character makes vendors refuse the whole request. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** @throws ModelError `bad-answer` when there is nothing to say and the call is not ended either. */
export function completionOf(answer: Answer, askedModel: string): Completion {
  const ending = answer.tools
    .filter(({ name }) => name === END_CALL.name)
    .map(({ input }) => argumentsOf(input))
    .find((each) => each !== undefined);
  const text = answer.text.trim() || (ending?.farewell ?? '');
  if (text === '' && !ending) {
    throw new ModelError('bad-answer', 'the model answered without words');
  }
  return {
    text,
    end: ending !== undefined,
    model: answer.model ?? askedModel,
    ...(answer.tokens && { tokens: answer.tokens }),
    ...(answer.isCut && { isCut: true }),
  };
}

const argumentsSchema = z.object({ farewell: z.string().optional().catch(undefined) });

/**
 * Undefined when they are broken: a call of a tool that came in half is taken for no call of it, so
 * that nonsense never hangs up on anybody.
 */
function argumentsOf(input: unknown): { farewell: string } | undefined {
  if (input === undefined || input === null || input === '') return { farewell: '' };
  let value = input;
  if (typeof input === 'string') {
    try {
      value = JSON.parse(input);
    } catch {
      return undefined;
    }
  }
  const parsed = argumentsSchema.safeParse(value ?? {});
  return parsed.success ? { farewell: parsed.data.farewell?.trim() ?? '' } : undefined;
}
