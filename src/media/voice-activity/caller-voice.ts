/** What the detector keeps of one stream. */
import { CHUNK_SAMPLES, CONTEXT_SAMPLES, ChunkQueue } from './chunk-queue.ts';
import { EnergyMeter } from './energy.ts';
import { Hysteresis } from './hysteresis.ts';
import { STATE_FLOATS } from './silero-model.ts';
import type { VoiceChange, VoiceStream, VoiceStreamOptions } from './voice-activity-types.ts';

const SAMPLES_PER_MS = 8;
/**
 * A voice is over after about 220 ms of silence. The model lets go a little late and in chunks of 32 ms: on
 * synthetic sentences an end is noticed 200 to 260 ms after the last sound (median 219).
 */
const HANGOVER_MS = 192;

/**
 * Found on synthetic speech with and without noise: a caller who interrupts is noticed some 50 to 90 ms
 * after the first sound (median). `end` is above `begin`, because in noise the model is slow to let go.
 */
const THRESHOLDS = { begin: 0.3, beginChunks: 2, beginAtOnce: 0.45, end: 0.5 };

/**
 * The model must hear a second of silence before it may miss what follows of it: what it remembers
 * of a voice would else make one of the next cough.
 */
const SILENT_CHUNKS = 32;

export class CallerVoice implements VoiceStream {
  /** The model's memory of this stream; the model alone reads and writes it. */
  readonly state = new Float32Array(STATE_FLOATS);
  readonly #queue = new ChunkQueue();
  readonly #energy = new EnergyMeter();
  readonly #hysteresis: Hysteresis;
  readonly #onChunk: (voice: CallerVoice) => void;
  readonly #onVoice: (change: VoiceChange) => void;
  #isOpen = true;
  /** In a row. */
  #silentChunks = 0;

  constructor(
    onChunk: (voice: CallerVoice) => void,
    onVoice: (change: VoiceChange) => void,
    options: VoiceStreamOptions,
  ) {
    this.#onChunk = onChunk;
    this.#onVoice = onVoice;
    this.#hysteresis = new Hysteresis({
      ...THRESHOLDS,
      hangoverMs: options.hangoverMs ?? HANGOVER_MS,
    });
  }

  send(audio: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#queue.push(audio);
    if (this.#queue.hasChunk) this.#onChunk(this);
  }

  close(): void {
    this.#isOpen = false;
  }

  get hasChunk(): boolean {
    return this.#isOpen && this.#queue.hasChunk;
  }

  /**
   * Takes chunks until there is one that the model must be asked about. It is not asked about a long
   * silence of the line, and remembers then what it heard before.
   * @returns whether there is one: it is in `window`, and {@link judge} is owed to it
   */
  take(window: Float32Array): boolean {
    while (this.hasChunk) {
      this.#queue.take(window);
      this.#energy.measure(window, CONTEXT_SAMPLES);
      this.#silentChunks = this.#energy.isSilent ? this.#silentChunks + 1 : 0;
      if (this.#silentChunks <= SILENT_CHUNKS) return true;
      this.judge(0);
    }
    return false;
  }

  /** How likely a voice is in the chunk that was taken last; without a model its energy says. */
  judge(probability = this.#energy.probability): void {
    if (!this.#isOpen) return;
    const end = this.#queue.takenSamples;
    const [startMs, endMs] = [end - CHUNK_SAMPLES, end].map((at) => at / SAMPLES_PER_MS);
    const change = this.#hysteresis.add(probability, startMs as number, endMs as number);
    if (change) this.#onVoice(change);
  }
}
