import type { Agent, fetch as Send } from 'undici';
import { withLimitedBody, type BodyLimits } from './limited-body.ts';

export interface OwnFetchOptions {
  /**
   * Names, in lower case, of the headers that are sent; all others are left out, since vendors'
   * packages add some from environment variables of their own, and about this machine.
   */
  headers?: readonly string[];
  /** Milliseconds for which an idle connection is kept, unless its server says less. */
  keepAliveMs?: number;
  limits?: BodyLimits;
}

/** What the protocols of the vendors of models need. */
export const USUAL_HEADERS: readonly string[] = [
  'accept',
  'anthropic-version',
  'authorization',
  'content-type',
  'user-agent',
  'x-api-key',
];

/**
 * A caller often speaks for longer than the four seconds after which Node would give up an idle
 * connection, and then waits for a new handshake.
 */
const KEEP_ALIVE_MS = 60_000;

/**
 * A `fetch` for vendors, with connections of its own: sends what the protocol needs and nothing else,
 * reads no more than the limits. A body is a text or bytes.
 */
export function makeFetch(options: OwnFetchOptions = {}): typeof fetch {
  const { keepAliveMs = KEEP_ALIVE_MS, headers = USUAL_HEADERS, limits = {} } = options;
  const sent = new Set(headers);
  let agent: Promise<{ dispatcher: Agent; send: typeof Send }> | undefined;
  return async (url, init = {}) => {
    // Lazily: who asks no vendor need not pay for it.
    agent ??= import('undici').then(({ Agent: Pool, fetch: send }) => ({
      dispatcher: new Pool({ keepAliveTimeout: keepAliveMs, pipelining: 1 }),
      send,
    }));
    const { dispatcher, send } = await agent;
    const { body, method, signal } = init;
    const response = await send(url instanceof Request ? url.url : url, {
      ...((typeof body === 'string' || body instanceof Uint8Array) && { body }),
      ...(method !== undefined && { method }),
      ...(signal && { signal }),
      headers: headersOf(init, sent),
      dispatcher,
      // A redirect would carry the call and the key to wherever the server wants. It is not followed,
      // and its status is an error like others.
      redirect: 'manual',
    });
    return withLimitedBody(response as unknown as Response, limits);
  };
}

function headersOf({ headers }: RequestInit, sent: ReadonlySet<string>): Record<string, string> {
  const given = [...new Headers(headers)].filter(([name]) => sent.has(name));
  // What comes packed is small on the way and without limit here.
  return { ...Object.fromEntries(given), 'accept-encoding': 'identity' };
}
