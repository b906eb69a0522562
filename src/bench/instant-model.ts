/**
 * A language model that answers at once, behind real HTTP.
 *
 * Benchmarks take it, not the offline `demo` brain: that one runs inside the worker and would leave
 * out what every real installation pays for each turn, the request to a model server and the
 * `openai` package around it. It is no part of the figures' excuse either: how long it holds a
 * request is measured here and reported beside them.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface InstantModel {
  /** For `OPENAI_BASE_URL`. */
  baseUrl: string;
  /** How long each completion was held: from the head of its request to the end of its answer. */
  timesMs: readonly number[];
  /** The longest completion request, in characters. */
  readonly largestPromptChars: number;
  /** Forgets the times so far. */
  reset(): void;
  close(): Promise<void>;
}

export const INSTANT_MODEL = 'instant';

/** Says the caller's words back, so that an answer to other words than the last ones is noticed. */
export function replyTo(words: string): string {
  return `You said: ${words}.`;
}

/** Listens on a free port of the loopback. Every path but completions is not found. */
export async function startInstantModel(): Promise<InstantModel> {
  const timesMs: number[] = [];
  let largestPromptChars = 0;
  const server = createServer((request, response) => {
    const startedAt = performance.now();
    answer(request, response)
      .then((promptChars) => {
        if (promptChars === undefined) return;
        timesMs.push(performance.now() - startedAt);
        largestPromptChars = Math.max(largestPromptChars, promptChars);
      })
      .catch(() => response.destroy());
  });
  // Longer than any pause of a benchmark, so that a worker's connection is not cut under it.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    timesMs,
    get largestPromptChars() {
      return largestPromptChars;
    },
    reset: () => void (timesMs.length = 0),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** @returns the length of a completion request; nothing for another. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number | undefined> {
  let raw = '';
  for await (const part of request) raw += String(part);
  const isCompletion = request.url?.endsWith('/chat/completions') ?? false;
  const text = JSON.stringify(isCompletion ? chatCompletion(lastWords(raw)) : {});
  response.writeHead(isCompletion ? 200 : 404, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
  return isCompletion ? raw.length : undefined;
}

/** The last line of a Chat Completions request. */
export function lastWords(raw: string): string {
  const { messages } = JSON.parse(raw) as { messages: { content: string }[] };
  return messages.at(-1)?.content ?? '';
}

/** As much of a Chat Completion as clients look at. */
export function chatCompletion(words: string): object {
  return {
    id: 'chatcmpl-instant',
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: INSTANT_MODEL,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: replyTo(words) },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}
