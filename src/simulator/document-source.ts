/** Where a call's instructions come from: requests, their fallback, and what the log says of them. */
import { readAnswer } from './answer-document.ts';
import type { TwimlDocument } from './answer-document.ts';
import type { CallState } from './call-state.ts';
import { CookieJar } from './cookies.ts';
import type { Field } from './form.ts';
import { parseHttpUrl } from './http-url.ts';
import type { Line } from './line.ts';
import type { TruthLog } from './truth-log.ts';
import { soundMs } from './twiml-run.ts';
import type { Target } from './verb-context.ts';
import { voiceFields } from './voice-fields.ts';
import type { WebhookClient } from './webhook-client.ts';
import type { WebhookAnswer } from './webhook-tap.ts';

/** Where instructions come from when a request for them fails. */
export interface Fallback {
  url: string;
  method: 'GET' | 'POST';
}

export interface SourceParts {
  call: CallState;
  line: Line;
  log: TruthLog;
  client: WebhookClient;
  settings: { msPerCharacter: number };
}

export class DocumentSource {
  readonly #parts: SourceParts;
  readonly #cookies = new CookieJar();

  constructor(parts: SourceParts) {
    this.#parts = parts;
  }

  /**
   * The document at `target`, or else at the fallback. Undefined when neither has one, or when the
   * call ended or was redirected meanwhile (the signal tells).
   */
  async load(
    target: Target,
    current: TwimlDocument | undefined,
    fallback: Fallback | undefined,
    signal: AbortSignal,
  ): Promise<TwimlDocument | undefined> {
    const url = resolveUrl(target.url, current);
    const read = await this.#request(target, url, signal);
    if (signal.aborted) return undefined;
    if (read.ok) return read.document;
    this.#logError(read.code, read.message, url);
    if (fallback) {
      const again = await this.#requestFallback(fallback, read.code, url, signal);
      if (signal.aborted) return undefined;
      if (again.ok) return again.document;
      this.#logError(again.code, again.message, fallback.url);
    }
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

  sendPartial(target: Target, document: TwimlDocument): void {
    const { call, client } = this.#parts;
    const { method, purpose } = target;
    const url = resolveUrl(target.url, document);
    const fields = [...voiceFields(call), ...target.fields];
    void client.sendCallback({ callSid: call.sid, method, purpose, url, fields });
  }

  /** How long a sound plays in call time; undefined when it cannot be had. */
  async fetchSound(relative: string, document: TwimlDocument): Promise<number | undefined> {
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

  warn(code: number, message: string, url: string | undefined): void {
    this.#log('warning', code, message, url);
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
export function resolveUrl(url: string, document: TwimlDocument | undefined): string {
  if (url === '') return document?.url ?? '';
  const base = document?.url === undefined ? undefined : parseHttpUrl(document.url);
  return parseHttpUrl(url, base)?.href ?? url;
}
