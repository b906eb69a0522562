/** Both sides of a stream as WAV files: what the caller heard, when he heard it, and what he said. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWav } from '../../audio/wav.ts';
import { SAMPLES_PER_MS, SILENCE } from './format.ts';

/** An hour; what comes later is not kept. */
const MAX_SAMPLES = 3_600_000 * SAMPLES_PER_MS;
const FIRST_SAMPLES = 60_000 * SAMPLES_PER_MS;

/** One side, placed in time; what nobody filled is silence. */
class Track {
  readonly #sinceMs: number;
  #audio = new Uint8Array(FIRST_SAMPLES).fill(SILENCE);

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  place(audio: Uint8Array, atMs: number): void {
    const from = Math.max(0, Math.round((atMs - this.#sinceMs) * SAMPLES_PER_MS));
    const to = from + audio.length;
    if (to > MAX_SAMPLES) return;
    if (to > this.#audio.length) {
      const larger = new Uint8Array(Math.max(to, 2 * this.#audio.length)).fill(SILENCE);
      larger.set(this.#audio);
      this.#audio = larger;
    }
    this.#audio.set(audio, from);
  }

  wav(samples: number): Uint8Array {
    const audio = new Uint8Array(samples).fill(SILENCE);
    audio.set(this.#audio.subarray(0, samples));
    return writeWav({ encoding: 'mulaw', sampleRate: 8_000, audio });
  }
}

export class Recording {
  readonly #sinceMs: number;
  readonly heard: Track;
  readonly said: Track;

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
    this.heard = new Track(sinceMs);
    this.said = new Track(sinceMs);
  }

  /** Writes `NAME-heard.wav` and `NAME-said.wav`, of the same length; for nobody else to read. */
  async write(folder: string, name: string, endMs: number): Promise<void> {
    const samples = Math.min(MAX_SAMPLES, Math.round((endMs - this.#sinceMs) * SAMPLES_PER_MS));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [side, track] of Object.entries({ heard: this.heard, said: this.said })) {
      await writeFile(join(folder, `${name}-${side}.wav`), track.wav(samples), { mode: 0o600 });
    }
  }
}
