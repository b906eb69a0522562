/** Sends an event to a server of the developer's own, signed as webhooks are. */
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { CallRequestError } from '../call-errors.ts';
import { signWebhook } from '../webhooks/signature.ts';

export interface Forwarding {
  url: string;
  /** `whsec_…` */
  secret: string;
  /** Between tries while the server is down, in milliseconds; so many tries, and one. */
  waitsMs?: readonly number[];
  /** Told of each try that reached nobody and is followed by another one. */
  retrying: (code: string) => void;
}

export interface Forwarded {
  /** What the server answered; undefined: it was never reached. */
  status?: number;
  /** The system's word for why it was not, such as ECONNREFUSED. */
  failure?: string;
  /** Of the last try. */
  ms: number;
  tries: number;
}

const WAITS_MS = [500, 1_000, 2_000, 4_000];
/** As long as webhooks wait. */
const ANSWER_MS = 15_000;

/**
 * Any answer is one, whatever its status: only a server that is down is tried again.
 * @param body as it came
 */
export async function forwardEvent(
  id: string,
  body: string,
  { url, secret, waitsMs = WAITS_MS, retrying }: Forwarding,
): Promise<Forwarded> {
  for (let tries = 1; ; tries += 1) {
    const began = performance.now();
    const outcome = await send(url, secret, id, body);
    const ms = Math.round(performance.now() - began);
    const waitMs = waitsMs[tries - 1];
    if (outcome.failure === undefined || waitMs === undefined) return { ...outcome, ms, tries };
    retrying(outcome.failure);
    await delay(waitMs);
  }
}

async function send(
  url: string,
  secret: string,
  id: string,
  body: string,
): Promise<Pick<Forwarded, 'status' | 'failure'>> {
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'voca-cli',
        ...signWebhook([secret], id, new Date(), body),
      },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.body.dump();
    return { status: answer.statusCode };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function failureOf(error: unknown): string {
  const { code, name, errors } = error as { code?: unknown; name?: unknown; errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return failureOf(errors[0]);
  if (name === 'TimeoutError') return 'timeout';
  return typeof code === 'string' ? code : 'unknown';
}

/** @throws {CallRequestError} for what cannot be asked. */
export function checkForwardUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') {
    return text;
  }
  throw new CallRequestError(
    'It must be a URL such as http://localhost:3000/hook, without a user name.',
  );
}

/** @throws {CallRequestError} for what receivers would not take. */
export function checkSecret(text: string): string {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const { length } = Buffer.from(base64, 'base64');
  if (length >= 24 && length <= 64) return text;
  throw new CallRequestError('A secret is whsec_ and 24 to 64 bytes in base64.');
}
