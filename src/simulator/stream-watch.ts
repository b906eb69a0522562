/** Notices for a person who holds the phone: when the audio is lost in mid-call, and when it is back. */
import * as screen from './handset-screen.ts';
import type { Phone } from './phone.ts';

/** At the end of a call, too, the stream is over a moment before the call. */
const SURE_AFTER_MS = 300;

export class StreamWatch {
  readonly #phone: Phone;
  readonly #notice: (text: string) => void;
  #hasStream = false;
  #lostMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(phone: Phone, notice: (text: string) => void) {
    this.#phone = phone;
    this.#notice = notice;
  }

  /** To be called whenever something may have changed. */
  look(): void {
    const hasStream = this.#phone.stream !== undefined;
    if (hasStream === this.#hasStream) return;
    this.#hasStream = hasStream;
    clearTimeout(this.#timer);
    if (!hasStream) {
      this.#lostMs = Date.now();
      this.#timer = setTimeout(() => this.#lost(), SURE_AFTER_MS);
    } else if (this.#lostMs !== undefined) {
      this.#notice(screen.streamBack(Date.now() - this.#lostMs));
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #lost(): void {
    if (!this.#phone.isOver) this.#notice(screen.STREAM_GONE);
  }
}
