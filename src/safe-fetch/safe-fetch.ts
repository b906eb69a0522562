import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { guardedConnector } from './connector.ts';
import { createResolver } from './resolver.ts';
import type { Resolve } from './resolver.ts';
import { SafeFetchError } from './safe-fetch-error.ts';
import { urlFault } from './url-rules.ts';
import type { UrlRules } from './url-rules.ts';

export interface SafeRequest {
  method: 'POST' | 'GET';
  headers: Record<string, string>;
  body?: string;
  /** For everything: resolving, waiting for a connection, the whole answer. Default 15,000. */
  timeoutMs?: number;
  /** Of the answer's body as it comes over the line; default 1,000,000. */
  maxBytes?: number;
  /** So much of the start of the body is kept, the rest only counted; left out: all of it. */
  keepBytes?: number;
  /** Gives the request up; the promise is then rejected with its reason. */
  signal?: AbortSignal;
}

export interface SafeAnswer {
  status: number;
  /** Names in lower case; what came several times is joined by commas. */
  headers: Record<string, string>;
  /** As UTF-8, never unpacked: what comes packed is small on the way and without limit here. */
  body: string;
}

/** The one way to a URL that somebody gave us. */
export interface SafeFetch {
  /**
   * A redirect is an answer like others: it is not followed.
   * @throws {SafeFetchError}
   */
  fetch(url: string, request: SafeRequest): Promise<SafeAnswer>;
  /** Breaks off what is under way. */
  close(): Promise<void>;
}

export interface SafeFetchOptions extends UrlRules {
  /** Instead of asking the name servers of this machine. */
  resolve?: Resolve;
  /** PEM, instead of the authorities that Node trusts. */
  ca?: string;
}

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 1_000_000;
const MAX_HEADER_BYTES = 16_384;
/** Each of them costs time that others need, and a line of them has no end. */
const MAX_EARLY_ANSWERS = 50;
/** Many receivers may be behind one host, and a slow one of them must leave some for the others. */
const CONNECTIONS_PER_ORIGIN = 64;
/** A connection that was idle for longer may be gone without our knowing; a POST is not sent twice. */
const KEEP_ALIVE_MS = 4_000;

/** @returns a client with connections of its own; to be closed. */
export function createSafeFetch({ resolve, ca, ...rules }: SafeFetchOptions): SafeFetch {
  const resolver = resolve ? { resolve, close: () => {} } : createResolver();
  const agent = new Agent({
    connect: guardedConnector({
      ...rules,
      resolve: resolver.resolve,
      ...(ca !== undefined && { ca }),
    }),
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // One limit covers everything, below.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async fetch(url, request) {
      const fault = urlFault(url, rules);
      if (fault !== undefined) throw new SafeFetchError('refused-url', `The URL ${fault}.`);
      return withinTime(request, (signal) => exchange(agent, new URL(url), request, signal));
    },
    async close() {
      resolver.close();
      await agent.destroy();
    },
  };
}

/** undici tells a request that still waits for a connection of its signal only when it gets one. */
async function withinTime(
  { timeoutMs = TIMEOUT_MS, signal: given }: SafeRequest,
  work: (signal: AbortSignal) => Promise<SafeAnswer>,
): Promise<SafeAnswer> {
  const abort = new AbortController();
  const late = new SafeFetchError('timeout', 'There was no whole answer in time.');
  const timer = setTimeout(() => abort.abort(late), timeoutMs);
  const signal = given ? AbortSignal.any([abort.signal, given]) : abort.signal;
  const givenUp = new Promise<never>((_resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([givenUp, work(signal)]);
  } catch (error) {
    throw signal.aborted ? signal.reason : failure(error);
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(
  agent: Agent,
  { origin, pathname, search }: URL,
  { method, headers, body, maxBytes = MAX_BYTES, keepBytes = maxBytes }: SafeRequest,
  signal: AbortSignal,
): Promise<SafeAnswer> {
  let earlyAnswers = 0;
  const answer = await agent.request({
    origin,
    path: pathname + search,
    method,
    headers: { 'accept-encoding': 'identity', ...headers },
    ...(body !== undefined && { body }),
    signal,
    onInfo: () => {
      if ((earlyAnswers += 1) > MAX_EARLY_ANSWERS) {
        throw new SafeFetchError('connection', 'There were too many answers before the answer.');
      }
    },
  });
  return {
    status: answer.statusCode,
    headers: flat(answer.headers),
    body: await limited(answer.body, maxBytes, keepBytes),
  };
}

/** Leaving the loop ends the connection. */
async function limited(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
  keepBytes: number,
): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    // A part of a piece would hold all of its memory.
    if (bytes < keepBytes) pieces.push(Buffer.from(piece.subarray(0, keepBytes - bytes)));
    bytes += piece.length;
    if (bytes > maxBytes) throw new SafeFetchError('too-large', 'The answer is too large.');
  }
  return Buffer.concat(pieces).toString();
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
}

function failure(error: unknown): SafeFetchError {
  if (error instanceof SafeFetchError) return error;
  const { code } = error as { code?: unknown };
  const kind = typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? ` (${code})` : '';
  return new SafeFetchError('connection', `There was no connection, or it broke${kind}.`, error);
}
