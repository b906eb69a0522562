import { closeSync, openSync, writeSync } from 'node:fs';
import type { TruthEvent } from './truth-events.ts';

export type TruthEntry = TruthEvent & {
  /** Place in the log, from 0. */
  seq: number;
  /** Milliseconds since 1970. */
  atMs: number;
};

export type EntryOf<K extends TruthEvent['kind']> = Extract<TruthEntry, { kind: K }>;

/**
 * What really happened: the append-only log that checkers trust. In memory, and as JSON Lines when
 * a path is given (each line is written before the next thing happens, so a crash loses nothing).
 * It holds speech and numbers; it is a test instrument, not a log file of the product.
 */
export class TruthLog {
  readonly #entries: TruthEntry[] = [];
  readonly #listeners = new Set<(entry: TruthEntry) => void>();
  #file: number | undefined;

  constructor(path?: string) {
    if (path !== undefined) this.#file = openSync(path, 'a', 0o600);
  }

  get entries(): readonly TruthEntry[] {
    return this.#entries;
  }

  append(event: TruthEvent): TruthEntry {
    const entry: TruthEntry = { seq: this.#entries.length, atMs: Date.now(), ...event };
    this.#entries.push(entry);
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    for (const listener of this.#listeners) listener(entry);
    return entry;
  }

  /** All entries of one kind, of one call if a SID is given. */
  of<K extends TruthEvent['kind']>(kind: K, callSid?: string): EntryOf<K>[] {
    return this.#entries.filter(
      (entry): entry is EntryOf<K> =>
        entry.kind === kind && (callSid === undefined || entry.callSid === callSid),
    );
  }

  /** Everything of one call, in order. */
  ofCall(callSid: string): TruthEntry[] {
    return this.#entries.filter((entry) => entry.callSid === callSid);
  }

  /** Calls back with every entry from now on; returns how to stop. */
  subscribe(listener: (entry: TruthEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The first entry, past or future, that satisfies the condition. Rejects after `timeoutMs`. */
  waitFor<K extends TruthEvent['kind']>(
    kind: K,
    matches: (entry: EntryOf<K>) => boolean,
    timeoutMs = 10_000,
  ): Promise<EntryOf<K>> {
    const known = this.of(kind).find(matches);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const stop = this.subscribe((entry) => {
        if (entry.kind !== kind || !matches(entry as EntryOf<K>)) return;
        clearTimeout(timer);
        stop();
        resolve(entry as EntryOf<K>);
      });
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no "${kind}" entry came in ${timeoutMs} ms`));
      }, timeoutMs);
    });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
