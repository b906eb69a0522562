/** Calls that stay on the line until they are told to hang up. */
import { BATCH, newPlayed, playOne } from './load.ts';
import type { Target } from './load.ts';
import type { Samples } from './samples.ts';
import { TwilioClient } from './twilio-client.ts';

export class LiveCalls {
  readonly #target: Target;
  readonly #turnsOf: (index: number) => number;
  readonly #client: TwilioClient;
  readonly #played = newPlayed();
  readonly #hangUps: (() => void)[] = [];
  readonly #ends: Promise<void>[] = [];

  /** @param turnsOf the turns of a call before it falls silent, by its number from 0 */
  constructor(target: Target, turnsOf: (index: number) => number) {
    this.#target = target;
    this.#turnsOf = turnsOf;
    this.#client = new TwilioClient({ authToken: target.authToken, connections: BATCH });
  }

  get count(): number {
    return this.#ends.length;
  }

  get samples(): Samples {
    return this.#played.samples;
  }

  /** Begins calls, a few at a time, until there are so many. */
  async growTo(count: number): Promise<void> {
    while (this.count < count && !this.#target.stopping.aborted) {
      const size = Math.min(BATCH, count - this.count);
      await Promise.all(Array.from({ length: size }, (_each, line) => this.#begin(line)));
    }
  }

  /** Hangs all up, a few at a time. */
  async hangUp(): Promise<void> {
    for (let at = 0; at < this.#hangUps.length; at += BATCH) {
      for (const hangUp of this.#hangUps.slice(at, at + BATCH)) hangUp();
      await Promise.all(this.#ends.slice(at, at + BATCH));
    }
  }

  close(): void {
    this.#client.close();
  }

  /** Settles when the call has fallen silent. */
  async #begin(line: number): Promise<void> {
    await new Promise<void>((isSilent) => {
      const held = new Promise<void>((resolve) => this.#hangUps.push(resolve));
      const hold = () => {
        isSilent();
        return held;
      };
      const shape = { turns: this.#turnsOf(this.count), pauseMs: 0, beforeEnd: hold };
      this.#ends.push(playOne(this.#client, this.#target, shape, this.#played, line));
    });
  }
}
