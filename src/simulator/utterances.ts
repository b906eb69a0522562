/** What the caller has said, until it is known what became of it. */
import { deferred } from './call-state.ts';
import type { EntryOf } from './truth-log.ts';

/** Of a Gather: it was posted. Of a stream: all of its audio was sent. */
export type Delivered = EntryOf<'delivered'> | EntryOf<'stream-voice'>;

interface Utterance {
  sent: boolean;
  settle: (delivered: Delivered | undefined) => void;
}

export class Utterances {
  readonly #open = new Map<string, Utterance>();

  /** A Gather or a stream has taken it. @returns what settles when it is settled */
  take(id: string): Promise<Delivered | undefined> {
    const { promise, resolve } = deferred<Delivered | undefined>();
    this.#open.set(id, { sent: false, settle: resolve });
    return promise;
  }

  /** They are on their way to the application. */
  sending(ids: readonly string[]): void {
    for (const id of ids) {
      const utterance = this.#open.get(id);
      if (utterance) utterance.sent = true;
    }
  }

  /** @param delivered left out: the application is never told of them, or not to the end */
  settle(ids: readonly string[], delivered?: Delivered): void {
    for (const id of ids) {
      this.#open.get(id)?.settle(delivered);
      this.#open.delete(id);
    }
  }

  /** What is not on its way by now never will be. */
  dropUnsent(): void {
    const unsent = [...this.#open].filter(([, { sent }]) => !sent);
    this.settle(unsent.map(([id]) => id));
  }
}
