/** The story of one live call: documents are fetched, run and replaced until it ends. */
import type { TwimlDocument } from './answer-document.ts';
import type { CallState, EndReason } from './call-state.ts';
import type { Clock } from './clock.ts';
import { DocumentSource } from './document-source.ts';
import type { Fallback } from './document-source.ts';
import type { Line } from './line.ts';
import type { Streams } from './streams/streams.ts';
import type { TruthLog } from './truth-log.ts';
import { runDocument } from './twiml-run.ts';
import type { RunContext } from './twiml-run.ts';
import type { Outcome, Target } from './verb-context.ts';
import type { WebhookClient } from './webhook-client.ts';

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
  streams: Streams;
  settings: FlowSettings;
}

type Start = Target | TwimlDocument;

export class CallFlow {
  /** Changed by a REST update, too. */
  fallback: Fallback | undefined;
  readonly #parts: FlowParts;
  readonly #documents: DocumentSource;
  #run = new AbortController();
  #replacement: Start | undefined;

  constructor(parts: FlowParts) {
    this.#parts = parts;
    this.#documents = new DocumentSource(parts);
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

  /** The next document; without one the caller hears so. Undefined: the call is over or elsewhere. */
  async #load(
    target: Target,
    current: TwimlDocument | undefined,
    signal: AbortSignal,
  ): Promise<TwimlDocument | undefined> {
    const document = await this.#documents.load(target, current, this.fallback, signal);
    if (!document && !signal.aborted) await this.#applicationError(signal);
    return document;
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
    const { call, line, clock, settings, streams } = this.#parts;
    return {
      document,
      line,
      clock,
      signal,
      ...settings,
      isAnswered: () => call.isAnswered,
      answer: () => call.become('in-progress'),
      warn: (code, message) => this.#documents.warn(code, message, document.url),
      sendPartial: (target) => this.#documents.sendPartial(target, document),
      fetchSound: (url) => this.#documents.fetchSound(url, document),
      runStream: (order) => streams.run(order, { call, line, signal, document }),
    };
  }
}
