/**
 * A client of the management API. It repeats what may be repeated, so that a restart of the api, a lost
 * answer or a full bucket is a short wait: every POST has an Idempotency-Key and happens once.
 */
import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import { z } from 'zod';
import { NotReadyError } from '../call-errors.ts';
import { mayBeRepeated, settle, understand } from './api-answer.ts';
import type { ApiAnswer } from './api-answer.ts';
import { ApiProblem } from './api-errors.ts';
import { begin, exchange, retryAfterMs } from './api-exchange.ts';
import type { ApiRequest } from './api-exchange.ts';

export interface ApiClientOptions {
  /** Of the API, without `/v1` and a trailing slash. */
  url: string;
  key: string;
  /** How long, in milliseconds, what may pass is waited for before it is a failure. */
  patienceMs?: number;
  /** Told once per request that it has to be repeated. */
  onWait?: (text: string) => void;
}

export type Query = Record<string, string | number | undefined>;

export interface AskOptions {
  /** Two requests with one key are one; a new one is made when it is left out. POST alone. */
  idempotencyKey?: string;
  /** The ETag that a change was made of. */
  ifMatch?: string;
  /** For one answer, in milliseconds; placing a call waits until it was dialled. */
  timeoutMs?: number;
}

const PATIENCE_MS = 20_000;
const ANSWER_MS = 20_000;
const CONNECT_MS = 5_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2_000;
const PAGE = 100;
const EVENT_STREAM = 'text/event-stream';
/** Three signs of life of a stream that did not come. */
const SILENCE_MS = 45_000;
const NO_STREAM = 'What answers there is not the API of VOCA. Look at VOCA_API_URL.';

const pageForm = z.looseObject({
  data: z.array(z.unknown()),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});

export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #agent = new Agent({ connect: { timeout: CONNECT_MS } });

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /**
   * @param path below `/v1`, such as `/assistants`; made with {@link pathTo} where it holds an id
   * @throws {ApiProblem} when the API refuses; {NotReadyError} when it does not answer in time. All
   * requests do.
   */
  get(path: string, query: Query = {}, options: AskOptions = {}): Promise<ApiAnswer> {
    return this.#send('GET', path, query, undefined, options);
  }

  post(path: string, body?: unknown, options: AskOptions = {}): Promise<ApiAnswer> {
    const idempotencyKey = options.idempotencyKey ?? randomUUID();
    return this.#send('POST', path, {}, body, { ...options, idempotencyKey });
  }

  /** `body` is a merge patch: what it leaves out stays. */
  patch(path: string, body: unknown, options: AskOptions = {}): Promise<ApiAnswer> {
    return this.#send('PATCH', path, {}, body, options);
  }

  delete(path: string, query: Query = {}): Promise<ApiAnswer> {
    return this.#send('DELETE', path, query, undefined, {});
  }

  /** The rows of a list, page by page, until it ends or nobody reads on. */
  async *pages(
    path: string,
    query: Query = {},
    limit = Infinity,
  ): AsyncGenerator<{ rows: unknown[]; hasMore: boolean }> {
    let after: string | undefined;
    for (let left = limit; left > 0;) {
      const asked = { ...query, limit: Math.min(PAGE, left), starting_after: after };
      const { body } = await this.get(path, asked);
      const page = understand(pageForm, body);
      const rows = page.data.slice(0, left);
      left -= rows.length;
      yield { rows, hasMore: page.has_more };
      const next = page.next_cursor ?? undefined;
      if (!page.has_more || next === undefined || next === after) return;
      after = next;
    }
  }

  /**
   * Opens a stream of server-sent events, once: whoever reads it knows from where to go on.
   * @param lastEventId what was read last, if anything was
   * @returns its bytes; undefined when there is nothing, and never will be
   */
  async stream(
    path: string,
    query: Query = {},
    lastEventId = '',
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const sent = this.#request('GET', path, query, undefined, {});
    sent.headers['accept'] = EVENT_STREAM;
    if (lastEventId !== '') sent.headers['last-event-id'] = lastEventId;
    const answer = await begin(sent, this.#agent, SILENCE_MS);
    if ('unanswered' in answer) throw new NotReadyError(this.#silence(answer.unanswered));
    const { status, headers, body } = answer;
    if (status === 200 && headers['content-type'] === EVENT_STREAM) return body;
    const outcome = settle({ status, headers, text: await body.text() }, 'GET', false);
    if (status === 204) return undefined;
    throw outcome instanceof ApiProblem ? outcome : new ApiProblem(status, '', NO_STREAM);
  }

  /** Lets go of the connections. */
  close(): Promise<void> {
    return this.#agent.close();
  }

  async #send(
    method: ApiRequest['method'],
    path: string,
    query: Query,
    body: unknown,
    options: AskOptions,
  ): Promise<ApiAnswer> {
    const sent = this.#request(method, path, query, body, options);
    const { patienceMs = PATIENCE_MS, onWait } = this.#options;
    const end = performance.now() + patienceMs;
    let wasUnclear = false;
    for (let attempt = 0; ; attempt += 1) {
      const came = await exchange(sent, this.#agent);
      if (!('unanswered' in came)) {
        const outcome = settle(came, method, wasUnclear);
        if (!(outcome instanceof ApiProblem)) return outcome;
        if (!mayBeRepeated(outcome)) throw outcome;
        wasUnclear ||= outcome.status === 502 || outcome.status === 504;
        await this.#wait(end, attempt, outcome, retryAfterMs(came));
      } else {
        const failure = new NotReadyError(this.#silence(came.unanswered));
        if (!came.mayPass) throw failure;
        wasUnclear ||= !came.isUnsent;
        await this.#wait(end, attempt, failure);
      }
      if (attempt === 0) onWait?.('The API cannot answer at this moment; trying again ...');
    }
  }

  /** @throws `failure` when there is no time left to wait. */
  async #wait(end: number, attempt: number, failure: Error, askedMs?: number): Promise<void> {
    const waitMs = askedMs ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
    if (performance.now() + waitMs > end) throw failure;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  #request(
    method: ApiRequest['method'],
    path: string,
    query: Query,
    body: unknown,
    { idempotencyKey, ifMatch, timeoutMs = ANSWER_MS }: AskOptions,
  ): ApiRequest {
    const { url, key } = this.#options;
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    const text = given.length > 0 ? `?${new URLSearchParams(given).toString()}` : '';
    const form = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return {
      method,
      url: `${url}/v1${path}${text}`,
      timeoutMs,
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': form }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  }

  #silence(code: string): string {
    return `The API at ${this.#options.url} does not answer (${code}).`;
  }
}

/** A path with ids or other words of the user in it: pathTo`/assistants/${id}`. */
export function pathTo(parts: TemplateStringsArray, ...words: string[]): string {
  return parts.reduce((path, part, i) => path + encoded(words[i - 1] ?? '') + part);
}

/** A word that would climb out of its place in the path stays a word. */
function encoded(word: string): string {
  return /^\.{0,2}$/.test(word) ? '%20' : encodeURIComponent(word);
}
