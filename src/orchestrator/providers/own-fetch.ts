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
  const headers = [...new Headers(init.headers)].filter(([name]) => SENT.has(name));
  return await fetch(url, { ...init, headers });
}
