/** A model that streams, over real HTTP: nothing for a fixed time, then the answer in pieces. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chatCompletion, INSTANT_MODEL, lastWords } from '../instant-model.ts';
import { answerTo } from './talk.ts';

/** Characters of a piece, about a token. */
const PIECE = 5;

export interface ModelServer {
  /** For `OPENAI_BASE_URL`. */
  baseUrl: string;
  close(): Promise<void>;
}

export async function startModelServer(firstTokenMs: number): Promise<ModelServer> {
  const server = createServer((request, response) => {
    answer(request, response, firstTokenMs).catch(() => response.destroy());
  });
  // Longer than any pause of a benchmark, so that a worker's connection is not cut under it.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  firstTokenMs: number,
): Promise<void> {
  const startedAt = performance.now();
  let raw = '';
  for await (const part of request) raw += String(part);
  if (request.url?.endsWith('/chat/completions') !== true) {
    return void response.writeHead(404).end();
  }
  const words = lastWords(raw);
  const { stream } = JSON.parse(raw) as { stream?: boolean };
  if (stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' });
    return void response.end(JSON.stringify(chatCompletion(words)));
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  const waitMs = Math.max(0, firstTokenMs - (performance.now() - startedAt));
  setTimeout(() => void response.end(streamed(answerTo(words.split('\n').at(-1) ?? ''))), waitMs);
}

/** As much of the chunks of a Chat Completion as clients look at. */
function streamed(text: string): string {
  const pieces = Array.from({ length: Math.ceil(text.length / PIECE) }, (_, at) =>
    text.slice(at * PIECE, (at + 1) * PIECE),
  );
  const chunks = [
    ...pieces.map((content) => choice({ content }, null)),
    choice({}, 'stop'),
    { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } },
  ];
  const head = { id: 'chatcmpl-media', object: 'chat.completion.chunk', model: INSTANT_MODEL };
  const events = chunks.map((chunk) => `data: ${JSON.stringify({ ...head, ...chunk })}\n\n`);
  return `${events.join('')}data: [DONE]\n\n`;
}

function choice(delta: object, finish_reason: 'stop' | null): object {
  return { choices: [{ index: 0, delta, finish_reason }] };
}
