/** What was heard, in blocks of one speaker: words of a stream are added one by one, as they are heard. */
import type { TranscriptItem } from './line.ts';
import type { SoundSource } from './truth-events.ts';

export interface HeardBlock {
  source: SoundSource;
  text: string;
  /** Otherwise it is the block before, with more words. */
  isNew: boolean;
}

/** After so long without a word the next one begins a block of its own. */
const PAUSE_MS = 1_500;
const CUT_OFF = '—';

export class HeardBlocks {
  #items = 0;
  /** How many words of the clause that comes next were taken while it was heard. */
  #words = 0;
  #cutOffs = 0;
  /** The text of the block that may still grow. */
  #open: string | undefined;
  #lastMs = 0;

  /**
   * Takes what is new.
   * @param heard all that the other side made heard so far
   * @param hearing the words of the clause that is being heard
   */
  take(heard: readonly TranscriptItem[], hearing: string, nowMs: number): HeardBlock[] {
    if (nowMs - this.#lastMs > PAUSE_MS) this.finish();
    const blocks: HeardBlock[] = [];
    for (const { kind, text } of heard.slice(this.#items)) {
      this.#items += 1;
      if (kind === 'stream') {
        this.#add(wordsOf(text).slice(this.#words), blocks);
        this.#words = 0;
      } else {
        this.finish();
        blocks.push({ source: kind as SoundSource, text, isNew: true });
      }
    }
    this.#addCutOff(heard, blocks);
    const words = wordsOf(hearing);
    this.#add(words.slice(this.#words), blocks);
    this.#words = words.length;
    if (blocks.length > 0) this.#lastMs = nowMs;
    return blocks;
  }

  /** What comes next begins a new block. */
  finish(): void {
    this.#open = undefined;
  }

  #add(words: readonly string[], blocks: HeardBlock[]): void {
    if (words.length === 0) return;
    const isNew = this.#open === undefined;
    this.#open = [...(this.#open === undefined ? [] : [this.#open]), ...words].join(' ');
    blocks.push({ source: 'stream', text: this.#open, isNew });
  }

  #addCutOff(heard: readonly TranscriptItem[], blocks: HeardBlock[]): void {
    const cutOffs = heard.filter(({ isCutOff }) => isCutOff).length;
    if (cutOffs > this.#cutOffs) {
      this.#add([CUT_OFF], blocks);
      this.finish();
    }
    this.#cutOffs = cutOffs;
  }
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
