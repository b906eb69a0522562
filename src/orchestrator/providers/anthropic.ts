/** Claude, over Anthropic's Messages. */
import type Anthropic from '@anthropic-ai/sdk';
import {
  ModelError,
  type CompleteOptions,
  type Completion,
  type LanguageModel,
  type Prompt,
} from '../llm.ts';
import { MessageReader, toRequest } from './anthropic-messages.ts';
import { completionOf } from './answer.ts';
import { readAnswer } from './body.ts';
import { modelFetch } from './model-fetch.ts';
import { toModelError } from './thrown.ts';

export interface AnthropicOptions {
  apiKey: string;
  /** Without the version. Default: Anthropic's own. */
  baseURL?: string;
  model: string;
}

export class AnthropicModel implements LanguageModel {
  readonly name: string;
  readonly #options: AnthropicOptions;
  #client: Promise<Anthropic> | undefined;
  /** True once the model has refused to answer without thoughts; holds until the process ends. */
  #thinks = false;

  constructor(options: AnthropicOptions) {
    this.name = `anthropic/${options.model}`;
    this.#options = options;
  }

  async ready(signal: AbortSignal): Promise<void> {
    const client = await this.#connect();
    try {
      const asked = client.get('/v1/models', { query: { limit: 1 }, signal });
      const response = await asked.asResponse();
      await response.body?.cancel();
    } catch (error) {
      const status = (error as { status?: unknown }).status;
      // 404, 405: a proxy without this list. 403: a key that may not see it. 429, 529: there, and busy.
      if ([403, 404, 405, 429, 529].includes(Number(status))) return;
      throw toModelError(error);
    }
  }

  /** Asks anew, and only then, when the model does not let itself be kept from thinking. */
  async complete(prompt: Prompt, options: CompleteOptions): Promise<Completion> {
    if (this.#thinks) return await this.#ask(prompt, true, options);
    try {
      return await this.#ask(prompt, false, options);
    } catch (error) {
      if (!refusesSilence(error)) throw error;
    }
    const completion = await this.#ask(prompt, true, options);
    this.#thinks = true;
    return completion;
  }

  async #ask(
    prompt: Prompt,
    thinks: boolean,
    { signal, ...listener }: CompleteOptions,
  ): Promise<Completion> {
    const client = await this.#connect();
    try {
      const { model } = this.#options;
      const asked = client.messages.create(toRequest(prompt, model, thinks), { signal });
      const reader = new MessageReader(listener);
      return completionOf(await readAnswer(await asked.asResponse(), reader), model);
    } catch (error) {
      throw toModelError(error, { isAccount: isOutOfCredit(error) });
    }
  }

  #connect(): Promise<Anthropic> {
    // Lazily: the package takes 27 MB and some 150 ms that others need not pay.
    this.#client ??= import('@anthropic-ai/sdk').then(
      ({ default: Client }) =>
        new Client({
          apiKey: this.#options.apiKey,
          baseURL: this.#options.baseURL ?? 'https://api.anthropic.com',
          maxRetries: 0,
          fetch: modelFetch,
          // Everything that the package would otherwise read from the environment by itself; a key
          // that is given here keeps it from looking for others.
          webhookKey: null,
          openTelemetry: false,
          logLevel: 'off',
        }),
    );
    return this.#client;
  }
}

/** An account without money answers 400, like a request that is wrong. */
function isOutOfCredit(error: unknown): boolean {
  const { status, message = '' } = error as { status?: unknown; message?: string };
  return status === 400 && /credit balance/i.test(message);
}

function refusesSilence(error: unknown): boolean {
  if (!(error instanceof ModelError)) return false;
  const { status, message = '' } = (error.original() ?? {}) as {
    status?: number;
    message?: string;
  };
  return status === 400 && /thinking/i.test(message);
}
