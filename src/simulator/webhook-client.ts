/** Sends webhooks as Twilio does: signed, timed, retried by the connection overrides, logged. */
import { randomUUID } from 'node:crypto';
import { CookieJar } from './cookies.ts';
import { encodeFields, withQuery } from './form.ts';
import type { Field } from './form.ts';
import type { ExchangeResult } from './http-exchange.ts';
import { parseHttpUrl } from './http-url.ts';
import { loggedExchange } from './logged-exchange.ts';
import { DEFAULT_POLICY, parseOverrides } from './overrides.ts';
import type { ConnectionPolicy } from './overrides.ts';
import { sign } from './signature.ts';
import type { Purpose } from './truth-events.ts';
import type { EntryOf, TruthLog } from './truth-log.ts';
import { answerOf } from './webhook-answer.ts';
import type { OutgoingWebhook, WebhookAnswer, WebhookTap } from './webhook-tap.ts';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_MEDIA_BYTES = 16 * 1024 * 1024;
const MAX_REDIRECTS = 10;

export interface WebhookRequest {
  callSid?: string;
  purpose: Purpose;
  method: 'GET' | 'POST';
  /** Absolute, with connection overrides in its fragment. */
  url: string;
  fields: readonly Field[];
  cookies?: CookieJar;
  /** Signs as another account would, or (null) not at all. */
  signWith?: string | null;
  /** What the signature is made over instead of what is sent: a request changed on its way. */
  signedAs?: { url?: string; fields?: readonly Field[] };
  /** Chosen beforehand by whoever must know it; else random. */
  requestId?: string;
}

export interface WebhookClientOptions {
  authToken: string;
  log: TruthLog;
  tap?: WebhookTap | undefined;
  /** A certificate authority to trust beside the usual ones, PEM. */
  ca?: string | undefined;
}

/** One webhook in the making: what stays the same over sendings, attempts and redirects. */
interface Sending {
  webhook: OutgoingWebhook;
  request: WebhookRequest;
  policy: ConnectionPolicy;
  cookies: CookieJar;
  token: string;
  number: number;
  attempt: number;
  deadlineMs: number;
}

export class WebhookClient {
  readonly #options: WebhookClientOptions;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: WebhookClientOptions) {
    this.#options = options;
  }

  /** Settles when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** Sends a webhook to its end: retries and redirects included. Never rejects. */
  send(request: WebhookRequest): Promise<WebhookAnswer & { requestId: string }> {
    const sent = this.#send(request);
    this.#underWay.add(sent);
    void sent.finally(() => this.#underWay.delete(sent));
    return sent;
  }

  async #send(request: WebhookRequest): Promise<WebhookAnswer & { requestId: string }> {
    const requestId = request.requestId ?? randomUUID();
    const url = parseHttpUrl(request.url);
    if (!url) return { ok: false, code: 11100, message: 'invalid URL', requestId };
    const { policy, problems } = parseOverrides(url.hash);
    for (const problem of problems) this.#warn(request, problem);
    const webhook: OutgoingWebhook = {
      requestId,
      purpose: request.purpose,
      method: request.method,
      url: request.url,
      fields: request.fields,
      ...(request.callSid === undefined ? {} : { callSid: request.callSid }),
    };
    const cookies = request.cookies ?? new CookieJar();
    const token = randomUUID();
    let number = 0;
    const sendOnce = () => {
      number += 1;
      const deadlineMs = Date.now() + policy.totalTimeoutMs;
      const sending = { webhook, request, policy, cookies, token, number, attempt: 0, deadlineMs };
      return this.#withRetries(sending, url);
    };
    return { ...(await this.#tapped(webhook, sendOnce)), requestId };
  }

  /** Sends through the tap. A tap that throws is a fault of the test: the log says so. */
  async #tapped(
    webhook: OutgoingWebhook,
    send: () => Promise<WebhookAnswer>,
  ): Promise<WebhookAnswer> {
    const { tap } = this.#options;
    if (!tap?.aroundWebhook) return send();
    try {
      return await tap.aroundWebhook(webhook, send);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'no reason given';
      return { ok: false, code: 0, message: `the tap failed: ${reason}` };
    }
  }

  /** Sends a webhook whose answer is ignored; a bad one costs a warning. */
  async sendCallback(request: WebhookRequest): Promise<void> {
    const answer = await this.send(request);
    if (answer.ok) return;
    this.#warn(request, answer);
  }

  #warn(request: WebhookRequest, { code, message }: { code: number; message: string }): void {
    const { url, callSid } = request;
    const place = callSid === undefined ? { url } : { url, callSid };
    this.#options.log.append({ kind: 'error', level: 'warning', code, message, ...place });
  }

  /** Sends a logged request once more: one attempt, the same bytes, nothing added or signed anew. */
  async resend(entry: EntryOf<'request'>): Promise<WebhookAnswer & { requestId: string }> {
    const requestId = randomUUID();
    const { method, url, fields, headers, body, callSid } = entry;
    const place = {
      requestId,
      purpose: 'replay' as const,
      attempt: 1,
      sending: 1,
      ...(callSid === undefined ? {} : { callSid }),
    };
    const result = await loggedExchange(this.#options.log, place, fields, {
      method,
      url: new URL(url),
      headers: { ...headers },
      body,
      connectTimeoutMs: DEFAULT_POLICY.connectTimeoutMs,
      readTimeoutMs: DEFAULT_POLICY.readTimeoutMs,
      totalTimeoutMs: DEFAULT_POLICY.totalTimeoutMs,
      maxBodyBytes: MAX_BODY_BYTES,
      ca: this.#options.ca,
    });
    return { ...answerOf(result, url), requestId };
  }

  async #withRetries(sending: Sending, url: URL): Promise<WebhookAnswer> {
    const { policy, webhook } = sending;
    const { tap } = this.#options;
    for (let tries = 0; ; tries += 1) {
      sending.attempt += 1;
      const attempt = sending.attempt;
      const once = () => this.#followed(sending, url);
      const answer = tap?.aroundAttempt
        ? await tap.aroundAttempt(webhook, attempt, once)
        : await once();
      const timeLeft = sending.deadlineMs - Date.now() > 0;
      if (answer.ok || tries >= policy.retries || !timeLeft || !repeats(policy, answer)) {
        return answer;
      }
    }
  }

  /** One attempt, and the redirects it is sent to. Form fields go only to the first address. */
  async #followed(sending: Sending, first: URL): Promise<WebhookAnswer> {
    let { method } = sending.request;
    let { fields } = sending.request;
    let url = first;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const result = await this.#exchanged(sending, url, method, fields);
      if (!result.ok) return answerOf(result, url.href);
      sending.cookies.store(url, result.headers['set-cookie']);
      const { status, headers } = result;
      if (status < 300 || status >= 400 || headers.location === undefined) {
        return answerOf(result, url.href);
      }
      const next = parseHttpUrl(headers.location, url);
      if (!next) return { ok: false, code: 11100, message: 'invalid URL in a redirect', status };
      url = next;
      method = 'GET';
      fields = [];
    }
    return { ok: false, code: 11215, message: 'too many redirects' };
  }

  async #exchanged(
    sending: Sending,
    target: URL,
    method: 'GET' | 'POST',
    fields: readonly Field[],
  ): Promise<ExchangeResult> {
    const { request, policy, webhook } = sending;
    const url = method === 'GET' ? withQuery(target, fields) : new URL(target);
    url.hash = '';
    const body = method === 'GET' ? '' : encodeFields(fields);
    const headers = this.#headers(sending, url, method, fields, body);
    const place = {
      requestId: webhook.requestId,
      purpose: webhook.purpose,
      attempt: sending.attempt,
      sending: sending.number,
      ...(webhook.callSid === undefined ? {} : { callSid: webhook.callSid }),
    };
    return loggedExchange(this.#options.log, place, fields, {
      method,
      url,
      headers,
      body,
      connectTimeoutMs: policy.connectTimeoutMs,
      readTimeoutMs: policy.readTimeoutMs,
      totalTimeoutMs: Math.max(1, sending.deadlineMs - Date.now()),
      maxBodyBytes: request.purpose === 'media' ? MAX_MEDIA_BYTES : MAX_BODY_BYTES,
      ca: this.#options.ca,
    });
  }

  #headers(
    sending: Sending,
    url: URL,
    method: 'GET' | 'POST',
    fields: readonly Field[],
    body: string,
  ): Record<string, string> {
    const secret = sending.request.signWith ?? this.#options.authToken;
    const signed = sending.request.signWith !== null;
    const { signedAs } = sending.request;
    const signedFields = signedAs?.fields ?? fields;
    const signature = sign(secret, signedAs?.url ?? url.href, method === 'GET' ? [] : signedFields);
    const cookie = sending.cookies.header(url);
    return {
      'User-Agent': 'TwilioProxy/1.1',
      Accept: '*/*',
      'Accept-Encoding': 'gzip',
      'X-Home-Region': 'us1',
      'I-Twilio-Idempotency-Token': sending.token,
      ...(signed ? { 'X-Twilio-Signature': signature } : {}),
      ...(cookie === undefined ? {} : { Cookie: cookie }),
      ...(method === 'GET'
        ? {}
        : {
            'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
            'Content-Length': String(Buffer.byteLength(body)),
          }),
    };
  }
}

function repeats(policy: ConnectionPolicy, answer: WebhookAnswer & { ok: false }): boolean {
  if (policy.retryOn.includes('all')) return true;
  return answer.retryClass !== undefined && policy.retryOn.includes(answer.retryClass);
}
