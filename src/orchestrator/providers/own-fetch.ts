/** Vendors' packages add headers from environment variables of their own, and about this machine. */
const SENT = new Set([
  'accept',
  'anthropic-version',
  'authorization',
  'content-type',
  'user-agent',
  'x-api-key',
]);

/** `fetch` for vendors' packages: sends what the protocol needs and nothing else. */
export async function ownFetch(
  url: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const headers = init.headers instanceof Headers ? init.headers : new Headers(init.headers);
  for (const name of [...headers.keys()]) if (!SENT.has(name)) headers.delete(name);
  return await fetch(url, { ...init, headers });
}
