/** The audio of one stream, cut into the chunks that the model asks for. */

/** 32 ms: what Silero v5 hears at a time. */
export const CHUNK_SAMPLES = 256;
/** The end of the chunk before goes in front of each: without it the model is deaf. */
export const CONTEXT_SAMPLES = 32;
export const WINDOW_SAMPLES = CONTEXT_SAMPLES + CHUNK_SAMPLES;

/** One second. A stream that is further behind lets go of the oldest. */
const CAPACITY_CHUNKS = 32;
const CAPACITY = CAPACITY_CHUNKS * CHUNK_SAMPLES;

const SILENCE = 0xff;

/** Samples of mu-law (ITU-T G.711) as the model takes them: -1 to 1. */
const FLOATS = Float32Array.from({ length: 256 }, (_, byte) => {
  const bits = ~byte;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 0x07)) - 0x84;
  return ((bits & 0x80) === 0 ? magnitude : -magnitude) / 32_768;
});

export class ChunkQueue {
  /** A ring of mu-law; `#taken` and `#put` only grow. */
  readonly #ring = new Uint8Array(CAPACITY);
  readonly #context = new Uint8Array(CONTEXT_SAMPLES).fill(SILENCE);
  #put = 0;
  #taken = 0;

  /** @returns how many chunks were lost, because too many were waiting */
  push(audio: Uint8Array): number {
    const kept = audio.length > CAPACITY ? audio.subarray(audio.length - CAPACITY) : audio;
    this.#put += audio.length - kept.length;
    const at = this.#put % CAPACITY;
    const first = kept.subarray(0, CAPACITY - at);
    this.#ring.set(first, at);
    this.#ring.set(kept.subarray(first.length), 0);
    this.#put += kept.length;
    return this.#letGo();
  }

  get hasChunk(): boolean {
    return this.#put - this.#taken >= CHUNK_SAMPLES;
  }

  /** Where the chunk that was taken last ends, in samples since the stream began. */
  get takenSamples(): number {
    return this.#taken;
  }

  /** Takes the oldest chunk, with its context in front; only while there is one. */
  take(into: Float32Array): void {
    for (let index = 0; index < CONTEXT_SAMPLES; index += 1) {
      into[index] = FLOATS[this.#context[index] as number] as number;
    }
    // Chunks begin at multiples of their length, so that none goes over the end of the ring.
    const start = this.#taken % CAPACITY;
    for (let index = 0; index < CHUNK_SAMPLES; index += 1) {
      into[CONTEXT_SAMPLES + index] = FLOATS[this.#ring[start + index] as number] as number;
    }
    const end = start + CHUNK_SAMPLES;
    this.#context.set(this.#ring.subarray(end - CONTEXT_SAMPLES, end));
    this.#taken += CHUNK_SAMPLES;
  }

  #letGo(): number {
    const lost = Math.ceil(Math.max(0, this.#put - this.#taken - CAPACITY) / CHUNK_SAMPLES);
    this.#taken += lost * CHUNK_SAMPLES;
    return lost;
  }
}
