/**
 * Language models over OpenAI's Chat Completions, which with another base URL also reaches Groq,
 * vLLM, Ollama, OpenRouter and many more.
 */
import type { OpenAI } from 'openai';
import { ModelError, type Completion, type LanguageModel, type Prompt } from '../llm.ts';
import { toModelError } from './openai-errors.ts';
import { toChatMessages, toCompletion, END_CALL } from './openai-chat.ts';

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
  /** False once the server refused a request for its tools; holds until the process ends. */
  #tools = true;

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

  async complete(prompt: Prompt, { signal }: { signal: AbortSignal }): Promise<Completion> {
    if (this.#tools) {
      try {
        return await this.#ask(prompt, true, signal);
      } catch (error) {
        if (!refusesTools(error)) throw error;
      }
      const completion = await this.#ask(prompt, false, signal);
      // Only now is it known that the tools were the fault.
      this.#tools = false;
      return completion;
    }
    return await this.#ask(prompt, false, signal);
  }

  async #ask(prompt: Prompt, tools: boolean, signal: AbortSignal): Promise<Completion> {
    const client = await this.#connect();
    try {
      const answer: unknown = await client.chat.completions.create(
        {
          model: this.#options.model,
          messages: toChatMessages(prompt),
          ...(tools && { tools: [END_CALL] }),
        },
        { signal },
      );
      return toCompletion(answer, this.#options.model);
    } catch (error) {
      throw error instanceof ModelError ? error : toModelError(error);
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

/** Servers and models without tools answer 400 to a request with them (404, 422 and 501 exist too). */
function refusesTools(error: unknown): boolean {
  if (!(error instanceof ModelError)) return false;
  const { status, message } = (error.original() ?? {}) as { status?: number; message?: string };
  return [400, 404, 422, 501].includes(status ?? 0) && /tool|function/i.test(message ?? '');
}
