/** Our prompt as a Chat Completions request, and its answer as our completion. */
import type { OpenAI } from 'openai';
import { z } from 'zod';
import { ModelError, type Completion, type Prompt, type PromptMessage } from '../llm.ts';

/** How a model ends the call. The last words ride along: many models call a tool without a text. */
export const END_CALL = {
  type: 'function',
  function: {
    name: 'end_call',
    description: 'Ends the telephone call after the last words are said.',
    parameters: {
      type: 'object',
      properties: {
        farewell: {
          type: 'string',
          description: 'The last words to the caller, unless they are in the text of the answer.',
        },
      },
      additionalProperties: false,
    },
  },
} satisfies OpenAI.ChatCompletionTool;

/**
 * Strict chat templates want the roles to alternate and the user to begin, so lines of one speaker
 * are joined and a call that begins with our greeting gets a line before it.
 */
export function toChatMessages(prompt: Prompt): OpenAI.ChatCompletionMessageParam[] {
  const joined: PromptMessage[] = [];
  if (prompt.messages[0]?.role === 'assistant') {
    joined.push({ role: 'user', content: '[the call begins]' });
  }
  for (const { role, content } of prompt.messages) {
    const last = joined.at(-1);
    if (last?.role === role) last.content += `\n${content}`;
    else joined.push({ role, content });
  }
  return [{ role: 'system', content: prompt.system }, ...joined];
}

const count = z.number().int().nonnegative();

/** Only what is used, and forgiving in what is not: many servers speak this dialect a little differently. */
const answerSchema = z.object({
  model: z.string().min(1).optional().catch(undefined),
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          refusal: z.string().nullish().catch(undefined),
          tool_calls: z
            .array(
              z.object({
                function: z.object({ name: z.string(), arguments: z.unknown() }).optional(),
              }),
            )
            .nullish()
            .catch(undefined),
        }),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: count, completion_tokens: count }).nullish().catch(undefined),
});

/** @throws ModelError `bad-answer` when there is nothing to say and the call is not ended either. */
export function toCompletion(answer: unknown, askedModel: string): Completion {
  const parsed = answerSchema.safeParse(answer);
  const message = parsed.data?.choices[0]?.message;
  if (!parsed.success || !message) {
    throw new ModelError('bad-answer', 'the model server answered in an unknown form');
  }
  const ending = message.tool_calls?.find((call) => call.function?.name === 'end_call');
  const said = message.content?.trim() || message.refusal?.trim() || '';
  const text = said || farewellOf(ending?.function?.arguments);
  if (text === '' && !ending) {
    throw new ModelError('bad-answer', 'the model answered without words');
  }
  const { usage } = parsed.data;
  return {
    text,
    end: ending !== undefined,
    model: parsed.data.model ?? askedModel,
    ...(usage && {
      tokens: { prompt: usage.prompt_tokens, completion: usage.completion_tokens },
    }),
  };
}

const argumentsSchema = z.object({ farewell: z.string() });

/** Broken arguments only cost the farewell: the call has its own last words. */
function farewellOf(raw: unknown): string {
  let value = raw;
  if (typeof raw === 'string') {
    try {
      value = JSON.parse(raw);
    } catch {
      return '';
    }
  }
  return argumentsSchema.safeParse(value).data?.farewell.trim() ?? '';
}
