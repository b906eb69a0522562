import type { FastifyRequest } from 'fastify';

/** The origin of a URL, as browsers write it in `Origin`. */
export function originOf(url: string): string {
  return new URL(url).origin;
}

/**
 * Whether a form was sent by a page of our own: browsers tell where a POST comes from. Whoever is no
 * browser carries no cookie that could be abused.
 */
export function isOwnPage({ headers }: FastifyRequest, publicUrl: string): boolean {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  // A proxy in front may have changed the host.
  return origin === originOf(publicUrl) || new URL(origin).host === headers.host;
}

/**
 * The path before `/operator/…` as the browser sees it, without a slash at its end: a proxy may have
 * cut it off, but the page from which a form was sent names it.
 */
export function ownBase({ headers, url }: FastifyRequest): string {
  const { referer } = headers;
  const page = referer !== undefined && URL.canParse(referer) ? new URL(referer).pathname : '';
  const [, base] =
    BEFORE_OPERATOR.exec(page) ?? BEFORE_OPERATOR.exec(url.replace(/\?.*/, '')) ?? [];
  return base ?? '';
}

/** Nothing that means something in a `Set-Cookie` header. */
const BEFORE_OPERATOR = /^((?:\/[\w.~%-]+)*)\/operator\/sign-(?:in|out)\/?$/;

/** Whether the browser reached us over https; only it knows, behind a proxy. */
export function cameByHttps({ headers }: FastifyRequest, publicUrl: string): boolean {
  return (headers.origin ?? publicUrl).toLowerCase().startsWith('https:');
}
