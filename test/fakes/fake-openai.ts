/**
 * A model vendor over real HTTP: speaks Chat Completions (whole and streamed) and /models, and
 * misbehaves on request. Every request takes the next behaviour of the script; when the script is
 * over, the standing behaviour answers.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';

export type Behaviour =
  /** Answers with `text`; `afterMs` before the headers, `betweenMs` between chunks of a stream. */
  | { kind: 'answer'; text: string; afterMs?: number; betweenMs?: number }
  | { kind: 'end-call'; text?: string; farewell?: string }
  /** Any tool, with arguments as raw text: they need not be JSON. */
  | { kind: 'tool'; name: string; rawArguments: string; text?: string }
  /** Takes the request and never answers. */
  | { kind: 'stall' }
  /** Sends headers and the first half of the body, then nothing more. */
  | { kind: 'stall-in-body'; text: string }
  /** Sends headers and the first half of the body, then breaks the connection. */
  | { kind: 'cut'; text: string }
  /** Streams the first half of the words, then breaks the connection. */
  | { kind: 'cut-stream'; text: string; betweenMs?: number }
  /** Breaks the connection without any answer. */
  | { kind: 'hang-up' }
  | {
      kind: 'status';
      status: number;
      message?: string;
      code?: string;
      headers?: Record<string, string>;
    }
  /** A body of any kind with status 200. */
  | { kind: 'raw'; body: string; contentType?: string }
  | { kind: 'empty-choices' }
  /** Refuses a request that offers tools and answers one without. */
  | { kind: 'no-tools'; text: string };

export interface LoggedRequest {
  /** Milliseconds since the fake was started. */
  atMs: number;
  path: string;
  messages: number;
  /** The body as it was parsed; undefined when it was not JSON. */
  body: unknown;
  headers: Record<string, string | string[] | undefined>;
  /** When the client closed the connection before it had an answer. */
  abortedAtMs?: number;
}

export interface FakeOpenAi {
  /** With `/v1`, as a client wants it. */
  baseURL: string;
  /** Every request, in order of arrival; only ever grows. */
  readonly log: readonly LoggedRequest[];
  /** The requests for a completion alone. */
  completions(): readonly LoggedRequest[];
  /** Behaviours for the next requests for a completion, one each. */
  script(...behaviours: Behaviour[]): void;
  /** What answers when the script is over: a behaviour, or one made for the request. */
  always(behaviour: Behaviour | ((body: ChatRequest) => Behaviour)): void;
  /** How `/models` answers. Default: a list of one model. */
  models(behaviour: Behaviour): void;
  close(): Promise<void>;
}

export interface ChatRequest {
  model?: string;
  messages?: { role: string; content: string }[];
  stream?: boolean;
  tools?: unknown[];
}

const MODEL = 'fake-model';

interface Internals {
  log: LoggedRequest[];
  queue: Behaviour[];
  standing: Behaviour | ((body: ChatRequest) => Behaviour);
  models: Behaviour;
  startedAt: number;
}

/** Listens on a free port of the loopback. */
export async function startFakeOpenAi(): Promise<FakeOpenAi> {
  const state: Internals = {
    log: [],
    queue: [],
    standing: { kind: 'answer', text: 'Hello from the fake.' },
    models: {
      kind: 'raw',
      body: JSON.stringify({ object: 'list', data: [{ id: MODEL, object: 'model' }] }),
    },
    startedAt: performance.now(),
  };
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    handle(state, request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return face(state, server, sockets);
}

function face(state: Internals, server: Server, sockets: Set<Socket>): FakeOpenAi {
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    log: state.log,
    completions: () => state.log.filter(({ path }) => path.endsWith('/chat/completions')),
    script: (...behaviours) => void state.queue.push(...behaviours),
    always: (behaviour) => void (state.standing = behaviour),
    models: (behaviour) => void (state.models = behaviour),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function handle(
  state: Internals,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const raw = await readBody(request);
  const body = parsed(raw) as ChatRequest | undefined;
  const entry: LoggedRequest = {
    atMs: performance.now() - state.startedAt,
    path: request.url ?? '',
    messages: body?.messages?.length ?? 0,
    body,
    headers: request.headers,
  };
  state.log.push(entry);
  response.on('close', () => {
    if (!response.writableFinished) entry.abortedAtMs = performance.now() - state.startedAt;
  });
  if (entry.path.endsWith('/models')) return await act(state.models, {}, response);
  if (!entry.path.endsWith('/chat/completions')) {
    return await act({ kind: 'status', status: 404 }, {}, response);
  }
  const { standing } = state;
  const behaviour =
    state.queue.shift() ?? (typeof standing === 'function' ? standing(body ?? {}) : standing);
  await act(behaviour, body ?? {}, response);
}

async function act(what: Behaviour, body: ChatRequest, response: ServerResponse): Promise<void> {
  switch (what.kind) {
    case 'answer':
      await wait(what.afterMs ?? 0, response);
      return body.stream
        ? await stream(what.text, what.betweenMs ?? 0, response)
        : sendJson(response, 200, completion({ content: what.text }));
    case 'end-call':
      return sendJson(
        response,
        200,
        completion({
          content: what.text ?? null,
          tool: [
            'end_call',
            JSON.stringify(what.farewell === undefined ? {} : { farewell: what.farewell }),
          ],
        }),
      );
    case 'tool':
      return sendJson(
        response,
        200,
        completion({ content: what.text ?? null, tool: [what.name, what.rawArguments] }),
      );
    case 'stall':
      return;
    case 'stall-in-body':
    case 'cut':
      return await sendHalf(what, response);
    case 'cut-stream':
      await streamWords(halfOf(what.text), what.betweenMs ?? 0, response);
      response.socket?.destroy();
      return;
    case 'hang-up':
      response.socket?.destroy();
      return;
    case 'status':
      return sendJson(response, what.status, failure(what.message, what.code), what.headers);
    case 'raw':
      response.writeHead(200, { 'content-type': what.contentType ?? 'application/json' });
      response.end(what.body);
      return;
    case 'empty-choices':
      return sendJson(response, 200, { ...completion({ content: '' }), choices: [] });
    case 'no-tools':
      return body.tools
        ? sendJson(response, 400, failure(`${MODEL} does not support tools`))
        : sendJson(response, 200, completion({ content: what.text }));
  }
}

function completion({
  content,
  tool,
}: {
  content: string | null;
  tool?: [string, string];
}): object {
  const toolCalls = tool && [
    { id: 'call_1', type: 'function', function: { name: tool[0], arguments: tool[1] } },
  ];
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: MODEL,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, ...(toolCalls && { tool_calls: toolCalls }) },
        finish_reason: toolCalls ? 'tool_calls' : 'stop',
      },
    ],
    usage: { prompt_tokens: 21, completion_tokens: 7, total_tokens: 28 },
  };
}

function failure(message = 'The fake refuses.', code?: string): object {
  return { error: { message, type: 'fake_error', code: code ?? null } };
}

async function stream(text: string, betweenMs: number, response: ServerResponse): Promise<void> {
  await streamWords(text.match(/\S+\s*/g) ?? [], betweenMs, response);
  response.write(`data: ${JSON.stringify(chunk({}, 'stop'))}\n\n`);
  response.end('data: [DONE]\n\n');
}

async function streamWords(
  words: readonly string[],
  betweenMs: number,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const content of words) {
    await new Promise<void>((resolve) => {
      response.write(`data: ${JSON.stringify(chunk({ content }, null))}\n\n`, () => resolve());
    });
    await wait(betweenMs, response);
  }
}

function halfOf(text: string): string[] {
  const words: string[] = text.match(/\S+\s*/g) ?? [];
  return words.slice(0, Math.ceil(words.length / 2));
}

function chunk(delta: object, finish: string | null): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: MODEL,
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

async function sendHalf(
  { kind, text }: { kind: 'cut' | 'stall-in-body'; text: string },
  response: ServerResponse,
): Promise<void> {
  const whole = JSON.stringify(completion({ content: text }));
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(whole),
  });
  await new Promise<void>((resolve, reject) =>
    response.write(whole.slice(0, whole.length / 2), (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  if (kind === 'cut') response.socket?.destroy();
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

/** Ends early when the client is gone. */
async function wait(ms: number, response: ServerResponse): Promise<void> {
  if (ms <= 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
