/** Requests that come once more, the same to the byte: at once, after the call, an hour later. */
import type { EntryOf, TruthLog } from '../truth-log.ts';
import type { WebhookClient } from '../webhook-client.ts';
import type { OutgoingWebhook, WebhookAnswer } from '../webhook-tap.ts';
import { dropped } from '../webhook-tap.ts';
import type { WebhookFault } from './fault-script.ts';

export type Replay = Extract<WebhookFault, { do: 'replay' }>;

const TERMINAL: readonly string[] = ['completed', 'busy', 'failed', 'no-answer', 'canceled'];

export interface ReplayParts {
  log: TruthLog;
  client: () => WebhookClient | undefined;
  note: (at: EntryOf<'request'>, when: string) => void;
  inBackground: (work: Promise<unknown>) => void;
}

export class Replays {
  readonly #parts: ReplayParts;
  readonly #hourLater: string[] = [];
  readonly #afterCall = new Map<string, string[]>();

  constructor(parts: ReplayParts) {
    this.#parts = parts;
  }

  /** A webhook was answered; it is sent again when its time has come. */
  keep({ when }: Replay, { requestId, callSid = '' }: OutgoingWebhook): void {
    if (when === 'an-hour-later') this.#hourLater.push(requestId);
    else if (when === 'at-once' || this.#isOver(callSid)) this.#sendSoon(requestId, when);
    else this.#afterCall.set(callSid, [...(this.#afterCall.get(callSid) ?? []), requestId]);
  }

  /** A call has changed its state. */
  follow({ callSid }: EntryOf<'call'>): void {
    if (!this.#isOver(callSid)) return;
    const waiting = this.#afterCall.get(callSid) ?? [];
    this.#afterCall.delete(callSid);
    for (const requestId of waiting) this.#sendSoon(requestId, 'after-the-call');
  }

  async anHourLater(): Promise<WebhookAnswer[]> {
    const answers = [];
    for (const requestId of this.#hourLater.splice(0)) {
      answers.push(await this.#send(requestId, 'an-hour-later'));
    }
    return answers;
  }

  #sendSoon(requestId: string, when: string): void {
    this.#parts.inBackground(this.#send(requestId, when));
  }

  async #send(requestId: string, when: string): Promise<WebhookAnswer> {
    const { log, note } = this.#parts;
    const client = this.#parts.client();
    const entry = log.of('request').find((each) => each.requestId === requestId);
    if (!entry || !client) return dropped(); // it never went onto the wire
    note(entry, when);
    return client.resend(entry);
  }

  #isOver(callSid: string): boolean {
    return this.#parts.log.of('call', callSid).some(({ status }) => TERMINAL.includes(status));
  }
}
