/** The command line in front of an API that answers from a script, on a real port. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach } from '@jest/globals';
import { ApiClient } from '../../src/cli/api-client.ts';
import { runCli } from '../../src/cli/program.ts';
import { NO_SEALING } from './fake-manager.ts';

export const KEY = 'voca_test_a-key-that-nobody-checks-here';

export interface Asked {
  method: string;
  /** Path below `/v1`, with its query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** JSON, unless it is text. */
  body?: unknown;
  /** The connection ends before the answer, in the middle of it, or where the end of a stream should be. */
  cut?: 'before' | 'within' | 'after' | 'after, in order';
}

export type Answering = (asked: Asked, count: number) => Reply | Promise<Reply>;

export interface FakeApi {
  url: string;
  asked: Asked[];
  /** Method and path of everything that was asked. */
  log: () => string[];
  client: (patienceMs?: number, onWait?: (text: string) => void) => ApiClient;
  run: (args: string[], options?: RunOptions) => Promise<Ran>;
  close(): Promise<void>;
}

interface Ran {
  code: number;
  out: string;
  err: string;
}

interface RunOptions {
  /** Files by name, `-` too. */
  files?: Record<string, string>;
  isTerminal?: boolean;
  patienceMs?: number;
}

/** Starts one for a test at a time, and closes it after the test. */
export function fakeApiOfEachTest(): (answer: Answering) => Promise<FakeApi> {
  let api: FakeApi | undefined;
  afterEach(async () => {
    await api?.close();
    api = undefined;
  });
  return async (answer) => (api = await startFakeApi(answer));
}

export async function startFakeApi(answer: Answering, port = 0): Promise<FakeApi> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const sent = await text(request);
      const one: Asked = {
        method: request.method ?? '',
        path: (request.url ?? '').replace(/^\/v1/, ''),
        headers: request.headers,
        body: sent === '' ? undefined : (JSON.parse(sent) as unknown),
      };
      asked.push(one);
      respond(response, await answer(one, asked.length));
    })();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: ApiClient[] = [];
  const client = (patienceMs = 5_000, onWait?: (text: string) => void) => {
    const made = new ApiClient({ url, key: KEY, patienceMs, ...(onWait && { onWait }) });
    clients.push(made);
    return made;
  };
  return {
    url,
    asked,
    log: () => asked.map(({ method, path }) => `${method} ${path}`),
    client,
    run: (args, options = {}) => run(args, options, (onWait) => client(options.patienceMs, onWait)),
    close: async () => {
      await Promise.all(clients.splice(0).map((each) => each.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function respond(response: ServerResponse, { status = 200, headers, body, cut }: Reply): void {
  if (cut === 'before') return void response.destroy();
  const content = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  if (cut === 'within') {
    response.write(content.slice(0, 1));
    return void setImmediate(() => response.destroy());
  }
  // As the system does it for a process that was killed.
  if (cut === 'after, in order') {
    return void response.write(content, () => setImmediate(() => response.socket?.end()));
  }
  if (cut === 'after') {
    return void response.write(content, () => setImmediate(() => response.destroy()));
  }
  response.end(body === undefined ? undefined : content);
}

async function run(
  args: string[],
  { files = {}, isTerminal = false }: RunOptions,
  client: (onWait: (text: string) => void) => ApiClient,
) {
  const out: string[] = [];
  const err: string[] = [];
  const nobody = () => Promise.reject(new Error('only the API is here'));
  const code = await runCli(args, {
    out: (line) => void out.push(line),
    error: (line) => void err.push(line),
    manager: nobody,
    operations: nobody,
    api: async () => client((line) => void err.push(line)),
    input: async (file) => {
      const content = files[file];
      if (content === undefined) throw new Error(`no file ${file}`);
      return content;
    },
    isTerminal,
    ...NO_SEALING,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** As the API answers with a problem. */
export function problem(status: number, code: string, more: Record<string, unknown> = {}): Reply {
  const body = {
    type: `https://voice.example.com/problems/${code}`,
    title: `Title of ${code}`,
    status,
    detail: `Detail of ${code}.`,
    instance: '/v1/anything',
    code,
    request_id: 'req_123',
    ...more,
  };
  return { status, headers: { 'content-type': 'application/problem+json' }, body };
}

/** A stream of these events of the API, which ends in order unless it is cut. */
export function streamOf(events: object[], cut?: Reply['cut']): Reply {
  const texts = events.map((event) => {
    const { id, type } = event as { id: string; type: string };
    return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
  });
  return {
    headers: { 'content-type': 'text/event-stream', connection: 'close' },
    body: `retry: 1000\n\n${texts.join(': ping\n\n')}`,
    ...(cut && { cut }),
  };
}

export function listOf(data: unknown[], nextCursor: string | null = null): Reply {
  return {
    body: { object: 'list', data, has_more: nextCursor !== null, next_cursor: nextCursor },
  };
}
