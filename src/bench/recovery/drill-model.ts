/** A language model that takes its time and keeps a log of what it was asked. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelRequest } from '../../drill/index.ts';
import { chatCompletion, INSTANT_MODEL, lastWords, replyTo } from '../instant-model.ts';
import { answerTo, isSentence } from './media-talk.ts';

export interface DrillModel {
  /** For `OPENAI_BASE_URL`. */
  baseUrl: string;
  /** How long it thinks about the requests that come from now on, in milliseconds. */
  thinkMs: number;
  readonly requests: readonly ModelRequest[];
  close(): Promise<void>;
}

/** Listens on a free port of the loopback. */
export async function startDrillModel(): Promise<DrillModel> {
  const requests: ModelRequest[] = [];
  const server = createServer((request, response) => {
    answer(request, response, requests, () => model.thinkMs).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const model: DrillModel = {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    thinkMs: 0,
    requests,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return model;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  requests: ModelRequest[],
  thinkMs: () => number,
): Promise<void> {
  let raw = '';
  for await (const part of request) raw += String(part);
  if (!request.url?.endsWith('/chat/completions')) return send(response, 404, {});
  const words = lastWords(raw);
  const entry: ModelRequest = { atMs: Date.now(), lastUser: words, outcome: 'open' };
  requests.push(entry);
  response.once('close', () => {
    if (response.writableFinished) return;
    entry.outcome = 'aborted'; // whoever asked is gone
    delete entry.answer;
  });
  const ms = thinkMs();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  if (response.destroyed) return;
  // Every reply is asked for as a stream, also of calls over TwiML: the words tell who is answered.
  const said = words.split('\n').at(-1) ?? '';
  const isOverStream = isSentence(said);
  entry.answer = isOverStream ? answerTo(said) : replyTo(words);
  entry.outcome = 'answered';
  if (isOverStream) sendStreamed(response, entry.answer);
  else send(response, 200, chatCompletion(words));
}

/** As much of the chunks of a Chat Completion as clients look at. */
function sendStreamed(response: ServerResponse, text: string): void {
  const head = { id: 'chatcmpl-drill', object: 'chat.completion.chunk', model: INSTANT_MODEL };
  const choice = (delta: object, finish_reason: 'stop' | null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  });
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const chunks = [choice({ content: text }, null), choice({}, 'stop'), { choices: [], usage }];
  const events = chunks.map((chunk) => `data: ${JSON.stringify({ ...head, ...chunk })}\n\n`);
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.end(`${events.join('')}data: [DONE]\n\n`);
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
