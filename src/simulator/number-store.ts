/** The phone numbers of the simulated account. */
import { newSid } from './ids.ts';

type Method = 'GET' | 'POST';

export interface PhoneNumber {
  sid: string;
  phoneNumber: string;
  friendlyName: string;
  voiceUrl: string;
  voiceMethod: Method;
  voiceFallbackUrl: string;
  voiceFallbackMethod: Method;
  statusCallback: string;
  statusCallbackMethod: Method;
  /** Present: its URLs serve, and those here do not. Empty when there is none. */
  voiceApplicationSid: string;
  /** Present: it takes all calls. Empty when there is none. */
  trunkSid: string;
  voiceReceiveMode: 'voice' | 'fax';
  /** False for a number that only takes messages. */
  takesCalls: boolean;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What may be given of a number; the rest takes Twilio's defaults. */
export type NumberConfig = { phoneNumber: string } & Partial<
  Omit<PhoneNumber, 'phoneNumber' | 'createdAtMs' | 'updatedAtMs'>
>;

export class NumberStore {
  readonly #numbers = new Map<string, PhoneNumber>();

  constructor(configs: readonly NumberConfig[]) {
    for (const config of configs) {
      const now = Date.now();
      const number: PhoneNumber = {
        sid: newSid('PN'),
        friendlyName: config.phoneNumber,
        voiceUrl: '',
        voiceMethod: 'POST',
        voiceFallbackUrl: '',
        voiceFallbackMethod: 'POST',
        statusCallback: '',
        statusCallbackMethod: 'POST',
        voiceApplicationSid: '',
        trunkSid: '',
        voiceReceiveMode: 'voice',
        takesCalls: true,
        createdAtMs: now,
        updatedAtMs: now,
        ...config,
      };
      this.#numbers.set(number.sid, number);
    }
  }

  get all(): readonly PhoneNumber[] {
    return [...this.#numbers.values()];
  }

  get(sid: string): PhoneNumber | undefined {
    return this.#numbers.get(sid);
  }

  byNumber(phoneNumber: string): PhoneNumber | undefined {
    return this.all.find((number) => number.phoneNumber === phoneNumber);
  }

  update(sid: string, changes: Partial<PhoneNumber>): PhoneNumber | undefined {
    const number = this.#numbers.get(sid);
    if (number) Object.assign(number, changes, { updatedAtMs: Date.now() });
    return number;
  }
}
