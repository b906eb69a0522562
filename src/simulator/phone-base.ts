/** What a phone has before anything is said: whose call it is, how it stands, what is done with it when it rings. */
import type { CallState, CallStatus, EndedCall } from './call-state.ts';
import type { Line, TranscriptItem } from './line.ts';
import { PhoneError } from './phone-error.ts';
import type { Pickup } from './pickup.ts';

/** What a phone needs of its call. */
export interface PhoneParts {
  call: CallState;
  line: Line;
  hangUp: () => void;
  /** Outbound calls only: tells the network what the handset does with the ringing call. */
  pickUp?: (pickup: Pickup) => void;
}

export class PhoneBase {
  readonly #parts: PhoneParts;

  constructor(parts: PhoneParts) {
    this.#parts = parts;
  }

  get callSid(): string {
    return this.#parts.call.sid;
  }

  get direction(): 'inbound' | 'outbound-api' {
    return this.#parts.call.identity.direction;
  }

  get from(): string {
    return this.#parts.call.identity.from;
  }

  get to(): string {
    return this.#parts.call.identity.to;
  }

  get status(): CallStatus {
    return this.#parts.call.status;
  }

  get isOver(): boolean {
    return this.#parts.call.isOver;
  }

  /** Settles when the call is over. */
  get ended(): Promise<EndedCall> {
    return this.#parts.call.ended;
  }

  /** The conversation as the caller lived it. */
  get transcript(): readonly TranscriptItem[] {
    return this.#parts.line.transcript;
  }

  /** Twilio's application error message was heard. */
  get heardApplicationError(): boolean {
    return this.#parts.line.heard.some(({ source }) => source === 'error');
  }

  /** Ends the call from this side; a ringing call to this phone is declined. */
  hangUp(): void {
    const { call, pickUp, hangUp } = this.#parts;
    if (pickUp && !call.isAnswered) pickUp({ kind: 'busy' });
    else hangUp();
  }

  /** Answers a ringing outbound call, as a person or as one of Twilio's other kinds. */
  answer(as: 'human' | 'fax' | 'unknown' = 'human'): void {
    this.#pickUp({ kind: 'answer', as });
  }

  /** A machine answers a ringing outbound call, and plays its greeting (with a beep) to nobody. */
  voicemail(): void {
    this.#pickUp({ kind: 'answer', as: 'machine' });
  }

  /** The called party is busy, or presses the red key. */
  decline(): void {
    this.#pickUp({ kind: 'busy' });
  }

  /** Lets it ring until the caller gives up. */
  ignore(): void {
    this.#pickUp({ kind: 'no-answer' });
  }

  /** The network cannot put the call through. */
  fail(sipResponseCode = '404'): void {
    this.#pickUp({ kind: 'fail', sipResponseCode });
  }

  #pickUp(pickup: Pickup): void {
    const { pickUp } = this.#parts;
    if (!pickUp) throw new PhoneError('only a call to this phone can be answered or declined');
    pickUp(pickup);
  }
}
