/** Chat Completions, whole and streamed: our prompt as a request, and an answer out of what comes. */
import type { OpenAI } from 'openai';
import { z } from 'zod';
import { ModelError, type ModelErrorKind, type Prompt } from '../llm.ts';
import {
  alternating,
  appended,
  countSchema as count,
  END_CALL,
  MAX_ANSWER_LENGTH,
  MAX_TOOLS,
  nameSchema,
  wellFormed,
  type Answer,
} from './answer.ts';
import { parsed, type AnswerReader, type Listener } from './body.ts';
import type { Reading, ServerEvent } from './events.ts';
import { fromStatus } from './thrown.ts';

/** Characters of the name of a tool, put together from pieces. */
const MAX_TOOL_NAME = 200;

/** What a server may turn out not to know. */
export interface Features {
  tools: boolean;
  stream: boolean;
  /** The count of tokens behind a stream. */
  usage: boolean;
}

export function toRequest(
  prompt: Prompt,
  model: string,
  features: Features,
): OpenAI.ChatCompletionCreateParams {
  const withTools = features.tools && prompt.toSummarize === undefined;
  return {
    model,
    messages: [{ role: 'system', content: wellFormed(prompt.system) }, ...alternating(prompt)],
    ...(withTools && { tools: [{ type: 'function', function: END_CALL }] }),
    ...(features.stream && { stream: true }),
    ...(features.stream && features.usage && { stream_options: { include_usage: true } }),
  };
}

const usageSchema = z
  .object({ prompt_tokens: count, completion_tokens: count })
  .transform((usage) => ({ prompt: usage.prompt_tokens, completion: usage.completion_tokens }))
  .nullish()
  .catch(undefined);
const text = z.string().nullish().catch(undefined);

/** Only what is used, and forgiving in what is not: many servers speak this dialect a little differently. */
const wholeSchema = z.object({
  model: nameSchema,
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          refusal: text,
          tool_calls: z
            .array(
              z.object({
                function: z
                  .object({ name: nameSchema, arguments: z.unknown().optional() })
                  .optional(),
              }),
            )
            .nullish()
            .catch(undefined),
        }),
        finish_reason: text,
      }),
    )
    .min(1),
  usage: usageSchema,
});

const chunkSchema = z.object({
  model: nameSchema,
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: text,
            reasoning: text,
            reasoning_content: text,
            tool_calls: z
              .array(
                z.object({
                  index: z.number().optional().catch(undefined),
                  function: z
                    .object({ name: nameSchema, arguments: z.unknown().optional() })
                    .nullish(),
                }),
              )
              .nullish()
              .catch(undefined),
          })
          .nullish(),
        finish_reason: text,
      }),
    )
    .nullish(),
  usage: usageSchema,
});

const failureSchema = z.object({
  error: z.object({
    code: z.unknown().optional(),
    status: z.unknown().optional(),
    type: z.unknown().optional(),
  }),
});

/** One answer, from its first piece to its last. */
export class ChatReader implements AnswerReader<Answer> {
  readonly #listener: Listener;
  readonly #tools = new Map<number, { name: string; input: string }>();
  #text = '';
  #refusal = '';
  #model: string | undefined;
  #tokens: Answer['tokens'];
  #finish: string | undefined;
  #isTooLong = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  whole(json: unknown): Answer {
    throwIfFailure(json);
    const { data } = wholeSchema.safeParse(json);
    const choice = data?.choices[0];
    if (!data || !choice) {
      throw new ModelError('bad-answer', 'the model server answered in an unknown form');
    }
    const { content, refusal, tool_calls: calls } = choice.message;
    const tools = (calls ?? [])
      .slice(0, MAX_TOOLS)
      .flatMap(({ function: called }) =>
        called ? [{ name: called.name ?? '', input: called.arguments }] : [],
      );
    return {
      text: content?.trim() || refusal?.trim() || '',
      tools,
      model: data.model,
      tokens: data.usage ?? undefined,
      isCut: choice.finish_reason === 'length',
    };
  }

  take({ data }: ServerEvent): Reading {
    if (data.trim() === '[DONE]') {
      this.#finish ??= 'stop';
      return 'done';
    }
    const json = parsed(data);
    throwIfFailure(json);
    const chunk = chunkSchema.safeParse(json).data;
    if (!chunk) throw new ModelError('bad-answer', 'the model server streamed in an unknown form');
    this.#model ??= chunk.model;
    this.#tokens = chunk.usage ?? this.#tokens;
    const choice = chunk.choices?.[0];
    if (choice?.delta) this.#add(choice.delta);
    this.#finish ??= choice?.finish_reason ?? undefined;
    if (this.#text.length > MAX_ANSWER_LENGTH) {
      this.#isTooLong = true;
      return 'done';
    }
    return this.#finish === undefined ? 'more' : 'finished';
  }

  streamed(): Answer {
    if (this.#finish === undefined && !this.#isTooLong) {
      throw new ModelError('unavailable', 'the model server broke off in mid-answer');
    }
    return {
      text: this.#text.trim() || this.#refusal.trim(),
      tools: [...this.#tools.values()],
      model: this.#model,
      tokens: this.#tokens,
      isCut: this.#isTooLong || this.#finish === 'length',
    };
  }

  #add(delta: NonNullable<NonNullable<z.output<typeof chunkSchema>['choices']>[0]['delta']>): void {
    const { content, refusal, tool_calls: calls } = delta;
    // The first chunk often has a role and no words: nothing has been thought of yet.
    const isProgress = content || refusal || calls?.length;
    if (isProgress || delta.reasoning || delta.reasoning_content) this.#listener.progress?.();
    this.#text += content ?? '';
    if (content) this.#listener.onText?.(content);
    this.#refusal = appended(this.#refusal, refusal ?? '');
    for (const { index, function: called } of (calls ?? []).slice(0, MAX_TOOLS)) {
      // A server that sends whole calls may leave out the index.
      const at = index ?? (called?.name ? this.#tools.size : this.#tools.size - 1);
      const tool = this.#tools.get(at) ?? { name: '', input: '' };
      if (this.#tools.size >= MAX_TOOLS && !this.#tools.has(at)) continue;
      tool.name = appended(tool.name, called?.name ?? '', MAX_TOOL_NAME);
      const piece = called?.arguments ?? '';
      tool.input = appended(tool.input, typeof piece === 'string' ? piece : JSON.stringify(piece));
      this.#tools.set(at, tool);
    }
  }
}

/** Some servers report a failure with status 200, streams must. @throws ModelError */
function throwIfFailure(json: unknown): void {
  const failure = failureSchema.safeParse(json).data?.error;
  if (!failure) return;
  const status = [failure.status, failure.code]
    .map(Number)
    .find((each) => each >= 400 && each < 600);
  if (status !== undefined) throw fromStatus(status, undefined);
  const words = `${String(failure.type)} ${String(failure.code)}`;
  const kind: ModelErrorKind = /rate.?limit/i.test(words) ? 'rate-limit' : 'unavailable';
  throw new ModelError(kind, 'the model server failed in mid-answer');
}
