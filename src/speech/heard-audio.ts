/**
 * The caller's line since the last final, with what was told about it, so that another recogniser can
 * be given the same again.
 */
import type { RecogniserSession } from './stt.ts';

const BYTES_PER_MS = 8;
/** Of a caller who speaks; what is older is given up. */
const LONGEST_BYTES = 30_000 * BYTES_PER_MS;
/** While nobody speaks: voice is noticed up to 300 ms late. */
const SILENCE_BYTES = 1_000 * BYTES_PER_MS;

type Item = { audio: Uint8Array } | 'voice' | 'flush';

export class HeardAudio {
  #items: Item[] = [];
  #keptBytes = 0;
  /** Of the whole line, where what is kept begins. */
  #fromBytes = 0;

  get sentBytes(): number {
    return this.#fromBytes + this.#keptBytes;
  }

  get fromBytes(): number {
    return this.#fromBytes;
  }

  /** Voice was told of since the newest flush that is answered. */
  get hasVoice(): boolean {
    return this.#items.includes('voice');
  }

  /** @param isSilence nobody speaks, as far as is known */
  add(audio: Uint8Array, isSilence: boolean): void {
    this.#items.push({ audio: Buffer.from(audio) }); // of Node's pool: 50 a second of each stream
    this.#keptBytes += audio.length;
    this.#cut(isSilence ? SILENCE_BYTES : LONGEST_BYTES);
  }

  /** Only the first one since a flush matters: from there on everything is listened to. */
  voiceBegan(): void {
    if (this.#items.lastIndexOf('voice') > this.#items.lastIndexOf('flush')) return;
    this.#items.push('voice');
  }

  flush(): void {
    this.#items.push('flush');
  }

  /** The oldest flush is answered: nothing in front of it is wanted any more. */
  flushed(): void {
    const at = this.#items.indexOf('flush');
    for (const item of this.#items.splice(0, at + 1)) this.#forget(item);
  }

  /** There is a final for all audio up to there. */
  coveredTo(bytes: number): void {
    const coveredBytes = Math.min(bytes, this.sentBytes) - this.#fromBytes;
    this.#cut(this.#keptBytes - coveredBytes);
  }

  replay(session: RecogniserSession): void {
    for (const item of this.#items) {
      if (item === 'voice') session.voiceBegan();
      else if (item === 'flush') session.flush();
      else session.send(item.audio);
    }
  }

  /** Drops the oldest audio until so much is left; what was told about it stays. */
  #cut(bytes: number): void {
    while (this.#keptBytes > Math.max(0, bytes)) {
      const at = this.#items.findIndex((item) => typeof item === 'object');
      const item = this.#items[at];
      if (typeof item !== 'object') return;
      const surplus = this.#keptBytes - Math.max(0, bytes);
      if (item.audio.length <= surplus) this.#items.splice(at, 1);
      else this.#items[at] = { audio: item.audio.subarray(surplus) };
      this.#forget({ audio: item.audio.subarray(0, surplus) });
    }
  }

  #forget(item: Item): void {
    if (typeof item !== 'object') return;
    this.#keptBytes -= item.audio.length;
    this.#fromBytes += item.audio.length;
  }
}
