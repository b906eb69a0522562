/** One request to the API and its answer, or what kept it from being answered. */
import { request as ask } from 'undici';
import type { Dispatcher } from 'undici';

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  /** JSON text. */
  body?: string;
  /** For the answer, from when it was sent. */
  timeoutMs: number;
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** There was no answer. */
export interface Unanswered {
  /** The system's word for it, such as ECONNREFUSED. */
  unanswered: string;
  /** It never reached the API, so nothing can have come of it. */
  isUnsent: boolean;
  /** Another try may be answered. */
  mayPass: boolean;
}

const UNSENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];
/** The connection was closed in order, but in the middle of an answer. */
const BROKEN_OFF = 'broken off';
const SENT_OR_NOT = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET', BROKEN_OFF];
const TIMED_OUT = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

/** Follows no redirect: the key is for one address. Never throws. */
export async function exchange(
  sent: ApiRequest,
  dispatcher: Dispatcher,
): Promise<RawAnswer | Unanswered> {
  const answer = await begin(sent, dispatcher, sent.timeoutMs);
  if ('unanswered' in answer) return answer;
  try {
    return { ...answer, text: await answer.body.text() };
  } catch (error) {
    return unanswered(codeOf(error));
  }
}

/** An answer whose body is still to come. */
export interface BegunAnswer extends Omit<RawAnswer, 'text'> {
  body: Dispatcher.ResponseData['body'];
}

/**
 * As {@link exchange}, up to the head of the answer.
 * @param silenceMs how long its body may be silent, in milliseconds
 */
export async function begin(
  { url, timeoutMs, ...rest }: ApiRequest,
  dispatcher: Dispatcher,
  silenceMs: number,
): Promise<BegunAnswer | Unanswered> {
  try {
    const { statusCode, headers, body } = await ask(url, {
      ...rest,
      dispatcher,
      headersTimeout: timeoutMs,
      bodyTimeout: silenceMs,
    });
    return { status: statusCode, headers, body };
  } catch (error) {
    return unanswered(codeOf(error));
  }
}

/** Whether an answer broke off with the connection. */
export function isBrokenOff(error: unknown): boolean {
  return [...SENT_OR_NOT, ...TIMED_OUT].includes(codeOf(error));
}

function unanswered(code: string): Unanswered {
  const isUnsent = UNSENT.includes(code) || code === 'UND_ERR_CONNECT_TIMEOUT';
  // A name that does not exist is a slip of the pen; a certificate does not get better either.
  const mayPass =
    (isUnsent && code !== 'ENOTFOUND') || SENT_OR_NOT.includes(code) || TIMED_OUT.includes(code);
  return { unanswered: code, isUnsent, mayPass };
}

function codeOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (error instanceof Error && error.message.includes('Invalid EOF state')) return BROKEN_OFF;
  if (typeof code === 'string' && code !== '') return code;
  // Of several addresses that were tried.
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  return 'unknown';
}

/** `Retry-After`, in milliseconds: seconds, or a date. Protocol: RFC 9110. */
export function retryAfterMs({ headers }: RawAnswer, nowMs = Date.now()): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
