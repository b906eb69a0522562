/** The simulated account: its numbers and calls, and how a call is begun either way. */
import { CallFlow } from './call-flow.ts';
import { CallState } from './call-state.ts';
import type { CallIdentity } from './call-state.ts';
import { sleepReal } from './clock.ts';
import type { Clock } from './clock.ts';
import { Line } from './line.ts';
import type { MachineDetection } from './machine-detection.ts';
import type { NumberStore } from './number-store.ts';
import { OutboundCall } from './outbound-call.ts';
import type { OutboundPlan } from './outbound-call.ts';
import { Phone } from './phone.ts';
import { PhoneError } from './phone-error.ts';
import { StatusCallbacks } from './status-callbacks.ts';
import type { StatusSubscription } from './status-callbacks.ts';
import type { Streams } from './streams/streams.ts';
import type { TruthLog } from './truth-log.ts';
import type { FlowSettings } from './call-flow.ts';
import type { Fallback } from './document-source.ts';
import { inboundFields, voiceFields } from './voice-fields.ts';
import type { WebhookClient } from './webhook-client.ts';

export interface AccountParts {
  accountSid: string;
  numbers: NumberStore;
  log: TruthLog;
  clock: Clock;
  client: WebhookClient;
  streams: Streams;
  settings: FlowSettings;
  /** Outbound calls that leave the queue per second. */
  callsPerSecond: number;
}

/** Everything about one call. */
export interface LiveCall {
  state: CallState;
  flow: CallFlow;
  callbacks: StatusCallbacks;
  phone: Phone;
}

export interface DialOptions {
  from: string;
  to: string;
  forwardedFrom?: string;
  callerName?: string;
  /** `TN-Validation-Passed-A` by default. */
  stirVerstat?: string;
}

export interface OutboundOrder {
  from: string;
  to: string;
  plan: OutboundPlan;
  fallback: Fallback | undefined;
  status: StatusSubscription | undefined;
}

export type OutboundHandler = (phone: Phone) => void | Promise<void>;

const TIME_LIMIT_MS = 14_400_000;

export class Account {
  readonly parts: AccountParts;
  readonly #calls = new Map<string, LiveCall>();
  readonly #handlers = new Set<OutboundHandler>();
  #nextReleaseMs = 0;

  constructor(parts: AccountParts) {
    this.parts = parts;
  }

  /** Newest first, as Twilio lists them. */
  get calls(): readonly LiveCall[] {
    return [...this.#calls.values()].reverse();
  }

  call(sid: string): LiveCall | undefined {
    return this.#calls.get(sid);
  }

  forget(sid: string): void {
    this.#calls.delete(sid);
  }

  /** Called for every outbound call that begins to ring; returns how to stop. */
  onOutboundCall(handler: OutboundHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Someone calls one of the account's numbers. */
  dial(options: DialOptions): Phone {
    const number = this.parts.numbers.byNumber(options.to);
    if (!number) throw new PhoneError('the account has no such number');
    if (!number.takesCalls) throw new PhoneError('the number takes no calls');
    if (number.trunkSid !== '' || number.voiceApplicationSid !== '') {
      throw new PhoneError(
        'the number leads to a trunk or an application, which are not simulated',
      );
    }
    const { from, to, stirVerstat = 'TN-Validation-Passed-A' } = options;
    const live = this.#open(
      {
        accountSid: this.parts.accountSid,
        direction: 'inbound',
        from,
        to,
        phoneNumberSid: number.sid,
        extraFields: inboundFields(from, to, stirVerstat),
        forwardedFrom: options.forwardedFrom,
        callerName: options.callerName,
      },
      'ringing',
    );
    const { voiceUrl, voiceMethod, voiceFallbackUrl, statusCallback } = number;
    if (voiceFallbackUrl !== '') {
      live.flow.fallback = { url: voiceFallbackUrl, method: number.voiceFallbackMethod };
    }
    if (statusCallback !== '') {
      const method = number.statusCallbackMethod;
      live.callbacks.numberCallback = { url: statusCallback, method };
    }
    const cancelLimit = this.parts.clock.after(TIME_LIMIT_MS, () => live.flow.end('time-limit'));
    void live.state.ended.then(cancelLimit);
    const start = { url: voiceUrl, method: voiceMethod, purpose: 'voice' as const, fields: [] };
    this.#guard(live.state.sid, live.flow.run(start));
    return live.phone;
  }

  /** Places a call as REST was asked to; it starts once the answer to that is on its way. */
  place(order: OutboundOrder): LiveCall {
    const { from, to, plan } = order;
    const { accountSid, numbers } = this.parts;
    const phoneNumberSid = numbers.byNumber(from)?.sid ?? null;
    const identity = { accountSid, direction: 'outbound-api' as const, from, to, phoneNumberSid };
    let outbound: OutboundCall | undefined;
    const live = this.#open(identity, 'queued', (pickup) => outbound?.pickUp(pickup));
    live.flow.fallback = order.fallback;
    live.callbacks.subscription = order.status;
    outbound = new OutboundCall({
      call: live.state,
      flow: live.flow,
      clock: this.parts.clock,
      fastForward: this.parts.settings.fastForward,
      leaveQueue: (cancelled) => this.#leaveQueue(cancelled),
      ring: () => this.#ring(live.phone),
      tellVerdict: (detection) => this.#tellVerdict(live, detection),
    });
    this.#guard(live.state.sid, outbound.run(plan));
    return live;
  }

  /** Hangs everything up. */
  close(): void {
    for (const { state, flow } of this.#calls.values()) {
      if (!state.isOver) flow.end('simulator-closed');
    }
  }

  #open(
    identity: CallIdentity,
    first: 'queued' | 'ringing',
    pickUp?: ConstructorParameters<typeof Phone>[0]['pickUp'],
  ): LiveCall {
    const { log, clock, client, streams, settings } = this.parts;
    const state = new CallState(identity, first, log);
    const callbacks = new StatusCallbacks(state, client);
    const line = new Line(log, clock, state.sid);
    const flow = new CallFlow({ call: state, line, log, clock, client, streams, settings });
    const phone = new Phone({
      call: state,
      line,
      hangUp: () => flow.end('caller-hung-up'),
      ...(pickUp ? { pickUp } : {}),
    });
    const live = { state, flow, callbacks, phone };
    this.#calls.set(state.sid, live);
    return live;
  }

  async #leaveQueue(cancelled: AbortSignal): Promise<void> {
    const gapMs = 1_000 / this.parts.callsPerSecond;
    const waitMs = Math.max(0, this.#nextReleaseMs - Date.now());
    this.#nextReleaseMs = Math.max(Date.now(), this.#nextReleaseMs) + gapMs;
    // At least one turn of the loop: the REST answer leaves first.
    await sleepReal(Math.max(1, waitMs), cancelled);
  }

  /** Without a handler it rings until the caller gives up. */
  #ring(phone: Phone): void {
    for (const handler of this.#handlers) {
      this.#guard(phone.callSid, (async () => handler(phone))());
    }
  }

  /** What goes wrong on this side is logged and ends the call; it never takes the process down. */
  #guard(callSid: string, story: Promise<void>): void {
    story.catch((error: unknown) => {
      const message = error instanceof Error ? error.message : 'failed';
      this.parts.log.append({ kind: 'error', callSid, level: 'error', code: 0, message });
      this.call(callSid)?.flow.end('application-error');
    });
  }

  #tellVerdict(live: LiveCall, detection: MachineDetection): void {
    if (!detection.callback) return;
    const { state } = live;
    const fields = voiceFields(state);
    const { client } = this.parts;
    void client.sendCallback({ callSid: state.sid, purpose: 'amd', ...detection.callback, fields });
  }
}
