import { condition, log, sleep } from '@temporalio/workflow';
import type { CallEvent, CallEventBody } from './events.ts';

/** After a save that failed for good, the same events are tried once more so much later. */
const RETRY = '1 minute';

/**
 * Numbers the domain events of a call and hands them on in batches, one batch at a time and in
 * order. A save that takes long (the database is away) holds up nothing: events pile up and go in
 * the next batch.
 */
export class Recorder {
  readonly #save: (events: CallEvent[]) => Promise<void>;
  #sequence: number;
  #unsaved: CallEvent[];
  /** Being saved. */
  #batch: CallEvent[] = [];

  /**
   * @param sequence the last number that an earlier run of the workflow has given
   * @param unsaved what that run has numbered and not saved
   */
  constructor(
    save: (events: CallEvent[]) => Promise<void>,
    sequence = 0,
    unsaved: CallEvent[] = [],
  ) {
    this.#save = save;
    this.#sequence = sequence;
    this.#unsaved = [...unsaved];
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** What is not known to be saved: what is being saved now, and what waits for that. */
  get unsaved(): CallEvent[] {
    return [...this.#batch, ...this.#unsaved];
  }

  add(body: CallEventBody, atMs: number): void {
    this.#sequence += 1;
    this.#unsaved.push({ ...body, sequence: this.#sequence, at: new Date(atMs).toISOString() });
  }

  /** Saves what is unsaved; to be called once, runs as long as the workflow. Never rejects. */
  async run(): Promise<never> {
    for (;;) {
      await condition(() => this.#unsaved.length > 0);
      this.#batch = this.#unsaved;
      this.#unsaved = [];
      await this.#saveAtLast(this.#batch);
      this.#batch = [];
    }
  }

  isIdle(): boolean {
    return this.unsaved.length === 0;
  }

  async #saveAtLast(batch: CallEvent[]): Promise<void> {
    for (;;) {
      try {
        return await this.#save(batch);
      } catch (error) {
        log.error('the record of a call could not be written; it is tried again', { error });
        await sleep(RETRY, { summary: 'Try again to write the record' });
      }
    }
  }
}
