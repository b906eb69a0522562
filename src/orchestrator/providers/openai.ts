/**
 * Language models over OpenAI's Chat Completions, which with another base URL also reaches Groq,
 * vLLM, Ollama, OpenRouter and many more.
 */
import type { OpenAI } from 'openai';
import {
  ModelError,
  type CompleteOptions,
  type Completion,
  type LanguageModel,
  type Prompt,
} from '../llm.ts';
import { completionOf } from './answer.ts';
import { readAnswer } from './body.ts';
import { modelFetch } from './model-fetch.ts';
import { ChatReader, toRequest, type Features } from './openai-chat.ts';
import { toModelError } from './thrown.ts';

export interface OpenAiOptions {
  /** Empty for a server that wants none. */
  apiKey: string;
  /** Up to and with the version, such as `http://localhost:11434/v1`. Default: OpenAI's own. */
  baseURL?: string;
  model: string;
}

export class OpenAiModel implements LanguageModel {
  readonly name: string;
  readonly #options: OpenAiOptions;
  #client: Promise<OpenAI> | undefined;
  /** What the server has refused so far; holds until the process ends. */
  #features: Features = { tools: true, stream: true, usage: true };

  constructor(options: OpenAiOptions) {
    this.name = `openai/${options.model}`;
    this.#options = options;
  }

  async ready(signal: AbortSignal): Promise<void> {
    const client = await this.#connect();
    try {
      // As a stream the body is not read: some servers list thousands of models.
      const response = await client.get('/models', { signal, __binaryResponse: true }).asResponse();
      await response.body?.cancel();
    } catch (error) {
      const status = (error as { status?: unknown }).status;
      // 404, 405: no such list here. 403: a key that may only complete. 429: there, and busy.
      if (status === 404 || status === 405 || status === 403 || status === 429) return;
      throw toModelError(error);
    }
  }

  /** Asks anew, and only then, when the server refuses something that can be done without. */
  async complete(prompt: Prompt, options: CompleteOptions): Promise<Completion> {
    let features = this.#features;
    for (;;) {
      try {
        const completion = await this.#ask(prompt, features, options);
        // Only now is it known that what was left out was the fault.
        this.#features = features;
        return completion;
      } catch (error) {
        const fewer = withoutRefused(features, error);
        if (!fewer) throw error;
        features = fewer;
      }
    }
  }

  async #ask(
    prompt: Prompt,
    features: Features,
    { signal, ...listener }: CompleteOptions,
  ): Promise<Completion> {
    const client = await this.#connect();
    try {
      const { model } = this.#options;
      const asked = client.chat.completions.create(toRequest(prompt, model, features), { signal });
      // The package's own reader of streams takes no whole answers, and knows no end of patience.
      const reader = new ChatReader(listener);
      return completionOf(await readAnswer(await asked.asResponse(), reader), model);
    } catch (error) {
      // An account without money answers 429 as well.
      const { code } = error as { code?: unknown };
      throw toModelError(error, { isAccount: code === 'insufficient_quota' });
    }
  }

  #connect(): Promise<OpenAI> {
    // Lazily: the package takes 20 MB and some 70 ms that a demo need not pay.
    this.#client ??= import('openai').then(
      ({ default: Client }) =>
        new Client({
          apiKey: this.#options.apiKey || 'none',
          baseURL: this.#options.baseURL ?? 'https://api.openai.com/v1',
          maxRetries: 0,
          fetch: modelFetch,
          // Everything that the package would otherwise read from the environment by itself.
          organization: null,
          project: null,
          adminAPIKey: null,
          webhookSecret: null,
          logLevel: 'off',
        }),
    );
    return this.#client;
  }
}

/**
 * Servers and models without tools answer 400 to a request with them (404, 422 and 501 exist too);
 * so do servers without streams, or without the count of tokens behind them.
 */
function withoutRefused(features: Features, error: unknown): Features | undefined {
  if (!(error instanceof ModelError)) return undefined;
  const { status, message = '' } = (error.original() ?? {}) as {
    status?: number;
    message?: string;
  };
  if (![400, 404, 422, 501].includes(status ?? 0)) return undefined;
  if (features.usage && /stream_options|include_usage/i.test(message)) {
    return { ...features, usage: false };
  }
  if (features.stream && /stream/i.test(message)) return { ...features, stream: false };
  if (features.tools && /tool|function/i.test(message)) return { ...features, tools: false };
  return undefined;
}
