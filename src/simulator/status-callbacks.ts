/** Status callbacks: which state changes are told to whom, and with which fields. */
import { rfc2822 } from './clock.ts';
import type { CallState, CallStatus } from './call-state.ts';
import type { Field } from './form.ts';
import { voiceFields } from './voice-fields.ts';
import type { WebhookClient } from './webhook-client.ts';

export type StatusEvent = 'initiated' | 'ringing' | 'answered' | 'completed';

export interface StatusSubscription {
  url: string;
  method: 'GET' | 'POST';
  events: readonly StatusEvent[];
}

/**
 * Sends a call's progress to its subscriber. The sequence number counts every event, also those
 * nobody subscribed to. Each callback is a request of its own: nothing keeps them in order.
 */
export class StatusCallbacks {
  /** Set when the call is created over REST, or by a later update. */
  subscription: StatusSubscription | undefined;
  /** The phone number's own callback: once, at the end of an inbound call. */
  numberCallback: { url: string; method: 'GET' | 'POST' } | undefined;
  readonly #call: CallState;
  readonly #client: WebhookClient;
  #sequence = 0;
  #previous: CallStatus;

  constructor(call: CallState, client: WebhookClient) {
    this.#call = call;
    this.#client = client;
    this.#previous = call.status;
    call.onChange((status) => this.#changed(status));
  }

  #changed(status: CallStatus): void {
    const cancelledInQueue = status === 'canceled' && this.#previous === 'queued';
    this.#previous = status;
    if (cancelledInQueue) return;
    const event = eventOf(status);
    const sequence = this.#sequence;
    this.#sequence += 1;
    const { subscription, numberCallback } = this;
    if (subscription?.events.includes(event)) {
      this.#send(subscription, this.progressFields(sequence));
    }
    if (event === 'completed' && numberCallback) {
      this.#send(numberCallback, [...voiceFields(this.#call), this.#duration()]);
    }
  }

  /** The fields of a progress callback as the call stands now. */
  progressFields(sequence: number): Field[] {
    const call = this.#call;
    const fields: Field[] = [
      ...voiceFields(call),
      ['CallbackSource', 'call-progress-events'],
      ['SequenceNumber', String(sequence)],
      ['Timestamp', rfc2822(Date.now())],
    ];
    if (!call.isOver) return fields;
    fields.push(this.#duration(), ['SipResponseCode', call.sipResponseCode]);
    if (call.status === 'completed' || call.status === 'busy') {
      fields.push(['Duration', String(Math.ceil(call.durationSeconds / 60))]);
    }
    return fields;
  }

  /** How many events the call has had: the sequence number of the next one. */
  get nextSequence(): number {
    return this.#sequence;
  }

  #duration(): Field {
    return ['CallDuration', String(this.#call.durationSeconds)];
  }

  #send(target: { url: string; method: 'GET' | 'POST' }, fields: Field[]): void {
    const { sid } = this.#call;
    // Whatever comes back is ignored: bad answers cost a warning in the debugger and no more.
    void this.#client.sendCallback({ callSid: sid, purpose: 'status', ...target, fields });
  }
}

function eventOf(status: CallStatus): StatusEvent {
  if (status === 'initiated' || status === 'ringing') return status;
  return status === 'in-progress' ? 'answered' : 'completed';
}
