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
  #unsaved: CallEvent[] = [];
  #saving = false;

  /** @param sequence the last number that an earlier run of the workflow has given. */
  constructor(save: (events: CallEvent[]) => Promise<void>, sequence = 0) {
    this.#save = save;
    this.#sequence = sequence;
  }

  get sequence(): number {
    return this.#sequence;
  }

  add(body: CallEventBody, atMs: number): void {
    this.#sequence += 1;
    this.#unsaved.push({ ...body, sequence: this.#sequence, at: new Date(atMs).toISOString() });
  }

  /** Saves what is unsaved; to be called once, runs as long as the workflow. Never rejects. */
  async run(): Promise<never> {
    for (;;) {
      await condition(() => this.#unsaved.length > 0);
      const batch = this.#unsaved;
      this.#unsaved = [];
      this.#saving = true;
      await this.#saveAtLast(batch);
      this.#saving = false;
    }
  }

  isIdle(): boolean {
    return !this.#saving && this.#unsaved.length === 0;
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
