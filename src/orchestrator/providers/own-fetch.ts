import type { Agent, fetch as Send } from 'undici';
import { withLimitedBody } from './limited-body.ts';

/** Vendors' packages add headers from environment variables of their own, and about this machine. */
const SENT = new Set([
  'accept',
  'anthropic-version',
  'authorization',
  'content-type',
  'user-agent',
  'x-api-key',
]);

/**
 * Milliseconds for which an idle connection is kept, unless its server says less. A caller often
 * speaks for longer than the four seconds after which Node would give it up, and then waits for a new
 * handshake.
 */
const KEEP_ALIVE_MS = 60_000;

/** @param keepAliveMs see {@link KEEP_ALIVE_MS} */
export function makeFetch(keepAliveMs: number = KEEP_ALIVE_MS): typeof fetch {
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
      ...(typeof body === 'string' && { body }),
      ...(method !== undefined && { method }),
      ...(signal && { signal }),
      headers: headersOf(init),
      dispatcher,
      // A redirect would carry the call and the key to wherever the server wants. It is not followed,
      // and its status is an error like others.
      redirect: 'manual',
    });
    return withLimitedBody(response as unknown as Response);
  };
}

/** `fetch` for vendors' packages: sends what the protocol needs and nothing else, reads no more than that. */
export const ownFetch = makeFetch();

function headersOf({ headers }: RequestInit): Record<string, string> {
  const given = [...new Headers(headers)].filter(([name]) => SENT.has(name));
  // What comes packed is small on the way and without limit here.
  return { ...Object.fromEntries(given), 'accept-encoding': 'identity' };
}
