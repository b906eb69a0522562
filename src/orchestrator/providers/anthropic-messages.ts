/** Anthropic's Messages, whole and streamed: our prompt as a request, and an answer out of what comes. */
import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import { ModelError, type Prompt } from '../llm.ts';
import {
  alternating,
  appended,
  countSchema,
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

/** Of one answer; a minute of speech has some 200. */
const MAX_TOKENS = 1_024;
/** For a model that cannot be kept from thinking: its thoughts count, too. */
const MAX_TOKENS_THINKING = 4_096;

/** @param thinks false to ask for an answer without thoughts: a caller waits for them in silence. */
export function toRequest(
  prompt: Prompt,
  model: string,
  thinks: boolean,
): Anthropic.MessageCreateParamsStreaming {
  const { name, description, parameters } = END_CALL;
  return {
    model,
    max_tokens: thinks ? MAX_TOKENS_THINKING : MAX_TOKENS,
    ...(!thinks && { thinking: { type: 'disabled' } }),
    system: wellFormed(prompt.system),
    messages: alternating(prompt),
    ...(prompt.toSummarize === undefined && {
      tools: [{ name, description, input_schema: parameters }],
    }),
    stream: true,
  };
}

const count = countSchema.nullish().catch(undefined);
const usageSchema = z
  .object({
    input_tokens: count,
    cache_creation_input_tokens: count,
    cache_read_input_tokens: count,
    output_tokens: count,
  })
  .nullish()
  .catch(undefined);
const text = z.string().optional().catch(undefined);
const blockSchema = z.object({
  type: z.string(),
  text,
  name: nameSchema,
  input: z.unknown().optional(),
});

const messageSchema = z.object({
  model: nameSchema,
  content: z.array(blockSchema),
  stop_reason: z.string().nullish().catch(undefined),
  usage: usageSchema,
});

const eventSchema = z.object({
  type: z.string(),
  index: z.number().optional().catch(undefined),
  message: z.object({ model: nameSchema, usage: usageSchema }).optional().catch(undefined),
  content_block: blockSchema.optional().catch(undefined),
  delta: z
    .object({
      text,
      thinking: text,
      partial_json: text,
      stop_reason: z.string().nullish().catch(undefined),
    })
    .optional()
    .catch(undefined),
  usage: usageSchema,
});

/** Errors have a status of their own until a stream has begun. */
const STATUS: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

const failureSchema = z.object({ type: z.literal('error'), error: z.object({ type: z.string() }) });

type Usage = z.output<typeof usageSchema>;

/** One answer, from its first event to its last. */
export class MessageReader implements AnswerReader<Answer> {
  readonly #listener: Listener;
  readonly #tools = new Map<number, { name: string; input: string }>();
  #text = '';
  #model: string | undefined;
  #usage: Usage;
  #stop: string | undefined;
  #isTooLong = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  whole(json: unknown): Answer {
    throwIfFailure(json);
    const message = messageSchema.safeParse(json).data;
    if (!message) {
      throw new ModelError('bad-answer', 'the model server answered in an unknown form');
    }
    const { content, usage, model } = message;
    const words = content.map((block) => (block.type === 'text' ? (block.text ?? '') : ''));
    const tools = content
      .filter(({ type }) => type === 'tool_use')
      .slice(0, MAX_TOOLS)
      .map(({ name = '', input }) => ({ name, input }));
    const stop = message.stop_reason ?? undefined;
    return { ...ended(words.join(''), stop), tools, model, tokens: tokensOf(usage) };
  }

  take({ data }: ServerEvent): Reading {
    const json = parsed(data);
    throwIfFailure(json);
    const event = eventSchema.safeParse(json).data;
    if (!event) throw new ModelError('bad-answer', 'the model server streamed in an unknown form');
    this.#usage = { ...this.#usage, ...defined(event.message?.usage), ...defined(event.usage) };
    this.#model ??= event.message?.model;
    // Kinds of events that are not known here may come at any time; `ping` is one of them.
    if (event.type === 'content_block_start') this.#begin(event);
    if (event.type === 'content_block_delta') this.#add(event);
    if (event.type === 'message_delta') this.#stop ??= event.delta?.stop_reason ?? undefined;
    if (event.type === 'message_stop') return 'done';
    if (this.#text.length > MAX_ANSWER_LENGTH) {
      this.#isTooLong = true;
      return 'done';
    }
    return this.#stop === undefined ? 'more' : 'finished';
  }

  streamed(): Answer {
    if (this.#stop === undefined && !this.#isTooLong) {
      throw new ModelError('unavailable', 'the model server broke off in mid-answer');
    }
    const answer = ended(this.#text, this.#stop);
    return {
      ...answer,
      isCut: answer.isCut || this.#isTooLong,
      tools: [...this.#tools.values()],
      model: this.#model,
      tokens: tokensOf(this.#usage),
    };
  }

  #begin({ index = 0, content_block: block }: z.output<typeof eventSchema>): void {
    this.#say(block?.text);
    if (block?.type !== 'tool_use' || this.#tools.size >= MAX_TOOLS) return;
    this.#tools.set(index, { name: block.name ?? '', input: '' });
  }

  #add({ index = 0, delta }: z.output<typeof eventSchema>): void {
    this.#listener.progress?.();
    this.#say(delta?.text);
    const tool = this.#tools.get(index);
    if (tool) tool.input = appended(tool.input, delta?.partial_json ?? '');
  }

  #say(piece = ''): void {
    this.#text += piece;
    if (piece !== '') this.#listener.onText?.(piece);
  }
}

/** A refusal ends an answer that is not to be used, also when a part of it is there. */
function ended(words: string, stop: string | undefined): Pick<Answer, 'text' | 'isCut'> {
  if (stop === 'refusal') throw new ModelError('bad-answer', 'the model refused to answer');
  return { text: words, isCut: stop === 'max_tokens' || stop === 'model_context_window_exceeded' };
}

function tokensOf(usage: Usage): Answer['tokens'] {
  if (typeof usage?.input_tokens !== 'number') return undefined;
  const cached = (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
  return { prompt: usage.input_tokens + cached, completion: usage.output_tokens ?? 0 };
}

/** The later of two counts holds, and none does not. */
function defined(usage: Usage): Partial<NonNullable<Usage>> {
  return Object.fromEntries(
    Object.entries(usage ?? {}).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** @throws ModelError */
function throwIfFailure(json: unknown): void {
  const type = failureSchema.safeParse(json).data?.error.type;
  if (type !== undefined) throw fromStatus(STATUS[type] ?? 500, undefined);
}
