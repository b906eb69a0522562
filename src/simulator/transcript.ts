/** A conversation as the caller lived it. */
import type { EntryOf } from './truth-log.ts';

/** One line of it. */
export interface TranscriptItem {
  who: 'assistant' | 'caller';
  atMs: number;
  /** `say`, `play`, `error`, ... for what was heard; `speech`, `dtmf`, `silence` for the caller. */
  kind: string;
  text: string;
  /** For the caller: whether the application was listening. */
  heard: boolean;
  /** On a stream: more was on its way, and was thrown away or lost before it was heard. */
  isCutOff?: boolean;
}

export class Transcript {
  readonly #heard: EntryOf<'heard'>[] = [];
  readonly #items: TranscriptItem[] = [];

  /** Everything that began to be heard, in order. */
  get heard(): readonly EntryOf<'heard'>[] {
    return this.#heard;
  }

  /** What was heard and said so far. */
  get items(): readonly TranscriptItem[] {
    return this.#items;
  }

  /** @param atMs since 1970 */
  hears(entry: EntryOf<'heard'>, atMs: number): void {
    const { source: kind, text } = entry;
    this.#heard.push(entry);
    this.#items.push({ who: 'assistant', atMs, kind, text, heard: true });
  }

  says(kind: string, text: string, heard: boolean): void {
    this.#items.push({ who: 'caller', atMs: Date.now(), kind, text, heard });
  }

  /** More was to follow the last thing heard on a stream. @returns whether there was one */
  cutOff(): boolean {
    const last = this.#items.findLast(({ who }) => who === 'assistant');
    if (last?.kind !== 'stream') return false;
    last.isCutOff = true;
    return true;
  }
}
