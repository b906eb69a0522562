/**
 * A model vendor over real HTTP, in the dialect that it is given, which misbehaves on request. Every
 * request takes the next behaviour of the script; when the script is over, the standing behaviour
 * answers.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type {
  Behaviour,
  ChatRequest,
  Dialect,
  FakeAnswer,
  FakeModelServer,
  LoggedRequest,
} from './model-behaviour.ts';
import { halfOf, sendJson, wait, wordsOf, write } from './model-writing.ts';

interface Internals {
  dialect: Dialect;
  log: LoggedRequest[];
  queue: Behaviour[];
  standing: Behaviour | ((body: ChatRequest) => Behaviour);
  models: Behaviour;
  startedAt: number;
  connections: Map<Socket, number>;
  opened: number;
}

/** Listens on a free port of the loopback. */
export async function startFakeModelServer(dialect: Dialect): Promise<FakeModelServer> {
  const state: Internals = {
    dialect,
    log: [],
    queue: [],
    standing: { kind: 'answer', text: 'Hello from the fake.' },
    models: { kind: 'raw', body: JSON.stringify(dialect.modelList) },
    startedAt: performance.now(),
    connections: new Map(),
    opened: 0,
  };
  const server = createServer((request, response) => {
    handle(state, request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    state.opened += 1;
    state.connections.set(socket, state.opened);
    socket.on('close', () => state.connections.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return face(state, server);
}

function face(state: Internals, server: Server): FakeModelServer {
  const { port } = server.address() as AddressInfo;
  const { basePath, completionsPath } = state.dialect;
  return {
    baseURL: `http://127.0.0.1:${port}${basePath}`,
    log: state.log,
    completions: () => state.log.filter(({ path }) => path.endsWith(completionsPath)),
    script: (...behaviours) => void state.queue.push(...behaviours),
    always: (behaviour) => void (state.standing = behaviour),
    models: (behaviour) => void (state.models = behaviour),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of state.connections.keys()) socket.destroy();
      await closed;
    },
  };
}

async function handle(
  state: Internals,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const connection = state.connections.get(request.socket) ?? 0;
  const body = parsed(await readBody(request)) as ChatRequest | undefined;
  const entry: LoggedRequest = {
    atMs: performance.now() - state.startedAt,
    path: request.url ?? '',
    messages: body?.messages?.length ?? 0,
    body,
    headers: request.headers,
    connection,
  };
  state.log.push(entry);
  response.on('close', () => {
    if (!response.writableFinished) entry.abortedAtMs = performance.now() - state.startedAt;
  });
  const { dialect, standing } = state;
  const [path = ''] = entry.path.split('?');
  if (path.endsWith(dialect.modelsPath)) return await act(dialect, state.models, {}, response);
  if (!path.endsWith(dialect.completionsPath)) {
    return await act(dialect, { kind: 'status', status: 404 }, {}, response);
  }
  const behaviour =
    state.queue.shift() ?? (typeof standing === 'function' ? standing(body ?? {}) : standing);
  await act(dialect, behaviour, body ?? {}, response);
}

async function act(
  dialect: Dialect,
  what: Behaviour,
  body: ChatRequest,
  response: ServerResponse,
): Promise<void> {
  const give = async (answer: FakeAnswer, times: Times = {}): Promise<void> =>
    body.stream
      ? await stream(dialect, answer, body, times, response)
      : sendJson(response, 200, dialect.whole(answer));
  const refuse = (part: 'tools' | 'stream' | 'usage'): void =>
    sendJson(response, 400, dialect.failure(400, dialect.refusal(part)));
  switch (what.kind) {
    case 'answer':
      await wait(what.afterMs ?? 0, response);
      return await give(what, what);
    case 'end-call': {
      const { text = null, farewell } = what;
      const rawArguments = JSON.stringify(farewell === undefined ? {} : { farewell });
      return await give({ text, tool: { name: 'end_call', rawArguments } });
    }
    case 'tool':
      return await give({ text: what.text ?? null, tool: what });
    case 'whole':
      return sendJson(response, 200, dialect.whole(what));
    case 'stall':
      return;
    case 'hang-up':
      response.socket?.destroy();
      return;
    case 'status': {
      const { status, message = 'The fake refuses.', code, headers } = what;
      return sendJson(response, status, dialect.failure(status, message, code), headers);
    }
    case 'raw':
      response.writeHead(200, { 'content-type': what.contentType ?? 'application/json' });
      response.end(what.body);
      return;
    case 'empty-choices':
      return sendJson(response, 200, dialect.emptyAnswer);
    case 'no-tools':
      return body.tools ? refuse('tools') : await give(what);
    case 'no-streams':
      return body.stream ? refuse('stream') : await give(what);
    case 'no-usage':
      return body.stream_options ? refuse('usage') : await give(what);
    default:
      return await misbehave(dialect, what, body, response);
  }
}

interface Times {
  betweenMs?: number;
  endsAfterMs?: number;
}

type Midway = Extract<
  Behaviour,
  {
    kind:
      | 'stall-in-body'
      | 'stall-with-pings'
      | 'cut'
      | 'cut-stream'
      | 'unfinished'
      | 'in-bytes'
      | 'noisy'
      | 'linger'
      | 'bad-event'
      | 'failing-stream'
      | 'endless';
  }
>;

/** What goes wrong after the beginning of an answer. */
async function misbehave(
  dialect: Dialect,
  what: Midway,
  body: ChatRequest,
  response: ServerResponse,
): Promise<void> {
  if ((what.kind === 'stall-in-body' || what.kind === 'cut') && !body.stream) {
    return await sendHalf(dialect, what, response);
  }
  const text = what.kind === 'endless' ? what.word : what.text;
  const frames = dialect.frames({ text }, wordsOf(text), body);
  const half = [...frames.opening, ...halfOf(frames.pieces)];
  const whole = [...frames.opening, ...frames.pieces, ...frames.closing];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  switch (what.kind) {
    case 'stall-in-body':
      return await write(response, half);
    case 'stall-with-pings':
      await write(response, half);
      while (!response.destroyed) {
        await write(response, dialect.noise);
        await wait(what.everyMs, response);
      }
      return;
    case 'cut':
    case 'cut-stream':
      await write(response, half, what.kind === 'cut-stream' ? what.betweenMs : 0);
      response.socket?.destroy();
      return;
    case 'unfinished':
      await write(response, half);
      response.end();
      return;
    case 'in-bytes': {
      const bytes = Buffer.from(whole.join(''));
      for (let at = 0; at < bytes.length; at += what.bytes) {
        await write(response, [bytes.subarray(at, at + what.bytes)]);
      }
      response.end();
      return;
    }
    case 'noisy':
      await write(response, [
        ...dialect.noise,
        ...whole.flatMap((frame) => [frame, ...dialect.noise]),
      ]);
      response.end();
      return;
    case 'linger':
      return await write(response, whole);
    case 'bad-event':
      await write(response, [...half, dialect.badFrame, ...frames.closing]);
      response.end();
      return;
    case 'failing-stream':
      await write(response, [...half, dialect.failingFrame(what.failure)]);
      response.end();
      return;
    case 'endless':
      await write(response, frames.opening);
      while (!response.destroyed) {
        await write(response, frames.pieces);
        await wait(1, response);
      }
  }
}

async function stream(
  dialect: Dialect,
  answer: FakeAnswer,
  body: ChatRequest,
  { betweenMs = 0, endsAfterMs = 0 }: Times,
  response: ServerResponse,
): Promise<void> {
  const frames = dialect.frames(answer, wordsOf(answer.text ?? ''), body);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  await write(response, frames.opening);
  await write(response, frames.pieces, betweenMs);
  if (endsAfterMs === 0) return void response.end(frames.closing.join(''));
  await write(response, frames.closing);
  await wait(endsAfterMs, response);
  response.end();
}

async function sendHalf(
  dialect: Dialect,
  { kind, text }: { kind: 'cut' | 'stall-in-body'; text: string },
  response: ServerResponse,
): Promise<void> {
  const whole = JSON.stringify(dialect.whole({ text }));
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(whole),
  });
  await write(response, [whole.slice(0, whole.length / 2)]);
  if (kind === 'cut') response.socket?.destroy();
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
