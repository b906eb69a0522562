import { newSid } from './ids.ts';
import type { TruthLog } from './truth-log.ts';

export type CallStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'failed'
  | 'no-answer'
  | 'canceled';

export type EndReason =
  | 'caller-hung-up'
  | 'hangup' //             <Hangup>, or the document came to its end
  | 'rejected' //           <Reject>
  | 'rest' //               ended or cancelled over REST
  | 'application-error'
  | 'time-limit'
  | 'declined'
  | 'not-answered'
  | 'not-connected'
  | 'simulator-closed';

const TERMINAL: readonly CallStatus[] = ['completed', 'busy', 'failed', 'no-answer', 'canceled'];

export interface EndedCall {
  status: CallStatus;
  reason: EndReason;
  /** Whole seconds from answer to end; 0 for a call that nobody answered. */
  durationSeconds: number;
}

export interface CallIdentity {
  accountSid: string;
  direction: 'inbound' | 'outbound-api';
  from: string;
  to: string;
  phoneNumberSid: string | null;
  /** Only in requests, never in the resource: CallToken, StirVerstat, ForwardedFrom, ... */
  extraFields?: readonly (readonly [string, string])[];
  forwardedFrom?: string | undefined;
  callerName?: string | undefined;
}

/** Where one call stands. It changes only through {@link CallState.become}; terminal is terminal. */
export class CallState {
  readonly sid = newSid('CA');
  readonly identity: CallIdentity;
  readonly createdAtMs = Date.now();
  readonly ended: Promise<EndedCall>;
  status: CallStatus;
  updatedAtMs = Date.now();
  answeredAtMs: number | undefined;
  endedAtMs: number | undefined;
  queueTimeMs = 0;
  answeredBy: string | undefined;
  machineDetectionMs: number | undefined;
  sipResponseCode = '200';
  readonly #log: TruthLog;
  readonly #listeners: ((status: CallStatus) => void)[] = [];
  readonly #resolveEnded: (ended: EndedCall) => void;

  constructor(identity: CallIdentity, first: 'queued' | 'ringing', log: TruthLog) {
    this.identity = identity;
    this.status = first;
    this.#log = log;
    const { promise, resolve } = deferred<EndedCall>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#record();
  }

  get isOver(): boolean {
    return TERMINAL.includes(this.status);
  }

  get isAnswered(): boolean {
    return this.answeredAtMs !== undefined;
  }

  get durationSeconds(): number {
    if (this.answeredAtMs === undefined) return 0;
    return Math.ceil(((this.endedAtMs ?? Date.now()) - this.answeredAtMs) / 1000);
  }

  /** Moves on, tells the log and the listeners. Does nothing once the call is over. */
  become(status: CallStatus, reason?: EndReason): void {
    if (this.isOver || status === this.status) return;
    this.status = status;
    this.updatedAtMs = Date.now();
    if (status === 'in-progress') this.answeredAtMs = Date.now();
    if (this.isOver) this.endedAtMs = Date.now();
    this.#record(reason);
    for (const listener of this.#listeners) listener(status);
    if (this.isOver) {
      const { durationSeconds } = this;
      this.#resolveEnded({ status, reason: reason ?? 'hangup', durationSeconds });
    }
  }

  onChange(listener: (status: CallStatus) => void): void {
    this.#listeners.push(listener);
  }

  #record(reason?: EndReason): void {
    const { direction, from, to } = this.identity;
    this.#log.append({
      kind: 'call',
      callSid: this.sid,
      status: this.status,
      direction,
      from,
      to,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}

/** A promise with its resolver outside. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
