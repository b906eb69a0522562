import { condition } from '@temporalio/workflow';
import type { CallEvent, CallEventBody } from './events.ts';

/** What a recorder carries into the next run of its workflow. */
export interface CarriedRecords {
  sequence: number;
  unsaved: CallEvent[];
}

/**
 * Numbers the domain events of a call and hands them on in batches, one batch at a time and in
 * order. A save that takes long (the database is away) holds up nothing: events pile up and go in
 * the next batch.
 */
export class Recorder {
  readonly #save: (events: CallEvent[]) => Promise<void>;
  #sequence: number;
  #unsaved: CallEvent[];
  #saving = false;

  constructor(save: (events: CallEvent[]) => Promise<void>, carried?: CarriedRecords) {
    this.#save = save;
    this.#sequence = carried?.sequence ?? 0;
    this.#unsaved = carried?.unsaved ?? [];
  }

  add(body: CallEventBody, atMs: number): void {
    this.#sequence += 1;
    this.#unsaved.push({ ...body, sequence: this.#sequence, at: new Date(atMs).toISOString() });
  }

  /** Saves what is unsaved; to be called once, runs as long as the workflow. */
  async run(): Promise<never> {
    for (;;) {
      await condition(() => this.#unsaved.length > 0);
      const batch = this.#unsaved;
      this.#unsaved = [];
      this.#saving = true;
      await this.#save(batch);
      this.#saving = false;
    }
  }

  isIdle(): boolean {
    return !this.#saving && this.#unsaved.length === 0;
  }

  carry(): CarriedRecords {
    return { sequence: this.#sequence, unsaved: this.#unsaved };
  }
}
