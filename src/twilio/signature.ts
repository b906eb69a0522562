/**
 * Whether a request was signed with our auth token. The signed URL is put together from the
 * configured public base URL, never from Host or forwarded headers, which anybody can set.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { parse, stringify } from 'node:querystring';
import { CONNECTION_OVERRIDES } from './urls.ts';

export interface SignedRequest {
  authToken: string;
  /** Every X-Twilio-Signature header as it was received, not joined. */
  signatureHeaders: readonly string[];
  /** `TWILIO_WEBHOOK_URL`. */
  publicBaseUrl: string;
  /** Path and query exactly as received, such as `/call/status?call=call_1`. */
  requestTarget: string;
  method: string;
  /** The fields of the body in the form in which they came; ignored unless the method is POST. */
  params: readonly (readonly [name: string, value: string])[];
}

const MAX_HEADER_CHARS = 200;
const MAX_TARGET_CHARS = 32_768;

/** Never throws: what cannot be checked is not signed. */
export function isSignedByTwilio(request: SignedRequest): boolean {
  const [header, ...others] = request.signatureHeaders;
  if (!header || others.length > 0 || header.length > MAX_HEADER_CHARS) return false;
  if (request.authToken === '' || request.requestTarget.length > MAX_TARGET_CHARS) return false;
  // The URL standard drops white space and control characters, so they may not come near it.
  if (!/^\/[^\p{Cc}\s]*$/u.test(request.requestTarget)) return false;
  const given = Buffer.from(header);
  const body = request.method.toUpperCase() === 'POST' ? signedFields(request.params) : '';
  for (const url of signedUrls(request.publicBaseUrl, request.requestTarget)) {
    const expected = Buffer.from(
      createHmac('sha1', request.authToken).update(`${url}${body}`, 'utf8').digest('base64'),
    );
    if (given.length === expected.length && timingSafeEqual(given, expected)) return true;
  }
  return false;
}

/** Names in order, each in front of its distinct values in order, with nothing in between. */
function signedFields(params: SignedRequest['params']): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of params) {
    const known = values.get(name);
    if (known) known.add(value);
    else values.set(name, new Set([value]));
  }
  return [...values.keys()]
    .sort()
    .flatMap((name) => [...(values.get(name) ?? [])].sort().map((value) => name + value))
    .join('');
}

/**
 * The URLs that Twilio may have signed for this request, the likeliest first. Its back ends differ
 * in naming the port, in a final slash and in escapes of the query.
 */
function signedUrls(publicBaseUrl: string, requestTarget: string): Set<string> {
  const urls = new Set<string>();
  const base = /^([a-z]+:\/\/)([^/?#]+)([^?#]*)/i.exec(publicBaseUrl);
  if (!base) return urls;
  const [, scheme = '', authority = '', path = ''] = base;
  const target = requestTarget.split('#', 1)[0] ?? '';
  const question = target.indexOf('?');
  const paths = pathForms(
    path.replace(/\/+$/, ''),
    question < 0 ? target : target.slice(0, question),
  );
  const queries = question < 0 ? [''] : queryForms(target.slice(question + 1));
  for (const fragment of ['', CONNECTION_OVERRIDES]) {
    for (const host of authorityForms(scheme, authority)) {
      for (const each of paths) {
        for (const query of queries) urls.add(`${scheme}${host}${each}${query}${fragment}`);
      }
    }
  }
  return urls;
}

/** As configured, without a port, and with the port that was meant; also with a small-letter host. */
function authorityForms(scheme: string, authority: string): string[] {
  const host = authority.replace(/:\d+$/, '');
  const forms = [authority, host];
  if (host === authority) {
    const secure = ['https://', 'wss://'].includes(scheme.toLowerCase());
    forms.push(`${host}:${secure ? 443 : 80}`);
    // Twilio's own library takes 80 for wss as well.
    if (scheme.toLowerCase() === 'wss://') forms.push(`${host}:80`);
  }
  return [...new Set([...forms, ...forms.map((form) => form.toLowerCase())])];
}

/** A proxy in front may have cut the base URL's path off, or not; a final slash comes and goes. */
function pathForms(prefix: string, path: string): string[] {
  const stripped = prefix + path;
  const isWhole = prefix !== '' && (path === prefix || path.startsWith(`${prefix}/`));
  const forms = isWhole ? [path, stripped] : [stripped];
  return forms.flatMap((form) =>
    form.endsWith('/') ? [form, form.slice(0, -1)] : [form, `${form}/`],
  );
}

/** As received, as the URL standard escapes it, and as Node's older encoder does. */
function queryForms(query: string): string[] {
  const raw = `?${query}`;
  const forms = [raw];
  if (URL.canParse(`http://localhost/${raw}`))
    forms.push(new URL(`http://localhost/${raw}`).search);
  const older = stringify(parse(query));
  // Re-encoding may not make a query out of another one: it drops empty parts.
  if (older.split('&').length === query.split('&').length) forms.push(`?${older}`);
  return [...new Set(forms)];
}
