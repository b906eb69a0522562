/** The story of one live call: documents are fetched, run and replaced until it ends. */
import { readAnswer } from './answer-document.ts';
import type { TwimlDocument } from './answer-document.ts';
import type { CallState, EndReason } from './call-state.ts';
import type { Clock } from './clock.ts';
import { CookieJar } from './cookies.ts';
import type { Field } from './form.ts';
import type { Line } from './line.ts';
import type { TruthLog } from './truth-log.ts';
import { runDocument, soundMs } from './twiml-run.ts';
import type { RunContext } from './twiml-run.ts';
import type { Outcome, Target } from './verb-context.ts';
import { voiceFields } from './voice-fields.ts';
import { parseHttpUrl } from './webhook-client.ts';
import type { WebhookClient } from './webhook-client.ts';
import type { WebhookAnswer } from './webhook-tap.ts';

export const APPLICATION_ERROR = 'We are sorry, an application error has occurred. Goodbye.';
const NOT_IN_SERVICE = 'The number you have dialed is not in service.';

export interface FlowSettings {
  msPerCharacter: number;
  fastForward: boolean;
}

export interface FlowParts {
  call: CallState;
  line: Line;
  log: TruthLog;
  clock: Clock;
  client: WebhookClient;
  settings: FlowSettings;
}

/** Where instructions come from when a request for them fails. */
export interface Fallback {
  url: string;
  method: 'GET' | 'POST';
}

type Start = Target | TwimlDocument;

export class CallFlow {
  /** Changed by a REST update, too. */
  fallback: Fallback | undefined;
  readonly #parts: FlowParts;
  readonly #cookies = new CookieJar();
  #run = new AbortController();
  #replacement: Start | undefined;

  constructor(parts: FlowParts) {
    this.#parts = parts;
    parts.call.onChange(() => {
      if (parts.call.isOver) this.#run.abort('ended');
      parts.line.changed();
    });
    void parts.call.ended.then(() => parts.line.close());
  }

  /** Runs the call from its first document to its end. */
  async run(start: Start): Promise<void> {
    const { call } = this.#parts;
    for (let next: Start | undefined = start; next && !call.isOver;) {
      this.#run = new AbortController();
      this.#replacement = undefined;
      await this.#runFrom(next, this.#run.signal);
      next = this.#replacement;
    }
    call.become('completed', 'hangup');
  }

  /** Drops what the call is doing and goes on with another document. */
  replace(start: Start): void {
    this.#replacement = start;
    this.#run.abort('redirected');
  }

  /**
   * The caller, REST or a limit ends the call: `completed` once answered; before that an inbound
   * one counts as `no-answer` and an outbound one as `canceled`.
   */
  end(reason: EndReason): void {
    const { call } = this.#parts;
    if (call.isAnswered) return call.become('completed', reason);
    call.sipResponseCode = '487';
    call.become(call.identity.direction === 'inbound' ? 'no-answer' : 'canceled', reason);
  }

  async #runFrom(start: Start, signal: AbortSignal): Promise<void> {
    let document = 'verbs' in start ? start : await this.#load(start, undefined, signal);
    while (document && !signal.aborted) {
      const outcome = await runDocument(this.#context(document, signal));
      if (signal.aborted) return;
      if (outcome.kind !== 'go') return this.#finish(outcome);
      document = await this.#load(outcome.target, document, signal);
    }
  }

  async #finish(outcome: Outcome): Promise<void> {
    const { call, line } = this.#parts;
    if (outcome.kind === 'reject') {
      if (outcome.reason === 'rejected') {
        await line.play(this.#notice('rejected', NOT_IN_SERVICE), this.#run.signal);
      }
      return call.become(outcome.reason === 'busy' ? 'busy' : 'no-answer', 'rejected');
    }
    call.become('completed', 'hangup');
  }

  /** The next document; undefined when the call ended or was redirected meanwhile. */
  async #load(
    target: Target,
    current: TwimlDocument | undefined,
    signal: AbortSignal,
  ): Promise<TwimlDocument | undefined> {
    const url = resolveUrl(target.url, current);
    const read = await this.#request(target, url, signal);
    if (signal.aborted) return undefined;
    if (read.ok) return read.document;
    this.#logError(read.code, read.message, url);
    const { fallback } = this;
    if (fallback) {
      const again = await this.#requestFallback(fallback, read.code, url, signal);
      if (signal.aborted) return undefined;
      if (again.ok) return again.document;
      this.#logError(again.code, again.message, fallback.url);
    }
    await this.#applicationError(signal);
    return undefined;
  }

  async #requestFallback(fallback: Fallback, code: number, failed: string, signal: AbortSignal) {
    const fields: Field[] = [
      ['ErrorCode', String(code)],
      ['ErrorUrl', failed.replace(/#.*$/, '')],
    ];
    return this.#request({ ...fallback, purpose: 'fallback', fields }, fallback.url, signal);
  }

  /**
   * Sends the request and reads the answer. When the call ends meanwhile, the request still goes
   * its way (Twilio's does) and the log shows what came of it; nobody waits for it.
   */
  async #request(target: Target, url: string, signal: AbortSignal) {
    const { call, client, line } = this.#parts;
    const { method, purpose, delivery } = target;
    if (delivery) line.sending(delivery.utteranceIds);
    const fields = [...voiceFields(call), ...target.fields];
    const cookies = this.#cookies;
    const answered = client
      .send({ callSid: call.sid, purpose, method, url, fields, cookies })
      .then((answer) => {
        const read = readAnswer(answer, method);
        if (delivery) this.#logDelivery(target, url, answer, read.ok, !signal.aborted);
        return read;
      });
    const aborted = new Promise<{ ok: false; code: number; message: string }>((resolve) => {
      const stop = () => resolve({ ok: false, code: 0, message: 'the call went on' });
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      void answered.then(() => signal.removeEventListener('abort', stop));
    });
    return Promise.race([answered, aborted]);
  }

  #logDelivery(
    target: Target,
    url: string,
    answer: WebhookAnswer & { requestId: string },
    answered: boolean,
    executed: boolean,
  ): void {
    if (!target.delivery) return;
    this.#parts.line.delivered({
      kind: 'delivered',
      callSid: this.#parts.call.sid,
      requestId: answer.requestId,
      url,
      answered,
      executed: executed && answered,
      ...target.delivery,
    });
  }

  /** No instructions anywhere: the caller hears so, and the call ends. */
  async #applicationError(signal: AbortSignal): Promise<void> {
    const { call, line } = this.#parts;
    call.become('in-progress');
    await line.play(this.#notice('error', APPLICATION_ERROR), signal);
    if (!signal.aborted) call.become('completed', 'application-error');
  }

  #notice(source: 'rejected' | 'error', text: string) {
    return { source, text, durationMs: text.length * this.#parts.settings.msPerCharacter };
  }

  #context(document: TwimlDocument, signal: AbortSignal): RunContext {
    const { call, line, clock, client, settings } = this.#parts;
    return {
      document,
      line,
      clock,
      signal,
      ...settings,
      isAnswered: () => call.isAnswered,
      answer: () => call.become('in-progress'),
      warn: (code, message) => this.#log('warning', code, message, document.url),
      sendPartial: ({ url, ...target }) =>
        void client.sendCallback({
          callSid: call.sid,
          ...target,
          url: resolveUrl(url, document),
          fields: [...voiceFields(call), ...target.fields],
        }),
      fetchSound: (url) => this.#fetchSound(url, document),
    };
  }

  async #fetchSound(relative: string, document: TwimlDocument): Promise<number | undefined> {
    const { call, client, settings } = this.#parts;
    const url = resolveUrl(relative, document);
    const answer = await client.send({
      callSid: call.sid,
      purpose: 'media',
      method: 'GET',
      url,
      fields: [],
      cookies: this.#cookies,
    });
    if (!answer.ok) {
      this.#logError(answer.code, answer.message, url);
      return undefined;
    }
    if (!String(answer.headers['content-type'] ?? '').startsWith('audio/')) {
      this.#logError(12300, 'what Play names is not audio', url);
      return undefined;
    }
    return soundMs(answer.body.length, settings.msPerCharacter);
  }

  #logError(code: number, message: string, url: string): void {
    this.#log('error', code, message, url);
  }

  #log(level: 'error' | 'warning', code: number, message: string, url: string | undefined): void {
    const { call, log } = this.#parts;
    log.append({
      kind: 'error',
      callSid: call.sid,
      level,
      code,
      message,
      ...(url === undefined ? {} : { url }),
    });
  }
}

/**
 * A URL of a document, made absolute; empty means the document itself. What cannot be resolved is
 * left as it is: the request then fails with 11100.
 */
function resolveUrl(url: string, document: TwimlDocument | undefined): string {
  if (url === '') return document?.url ?? '';
  const base = document?.url === undefined ? undefined : parseHttpUrl(document.url);
  return parseHttpUrl(url, base)?.href ?? url;
}
