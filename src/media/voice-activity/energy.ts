/** How loud a chunk is against the line's own noise: what decides when there is no model. */

/** Quieter than -60 dBFS is the silence of the line itself; nobody speaks so softly. */
const SILENT = 0.001;
/** 12 dB over the noise. */
const OVER_NOISE = 4;
/** -46 dBFS: a line without any noise must not make a voice of every rustle. */
const LEAST_VOICE = 0.005;
/** The noise is taken to be no louder than this (-30 dBFS), so that a shout does not become it. */
const MOST_NOISE = 0.03;
/** Up by 3 dB a second while it is louder, down by half of the difference in 50 ms. */
const RISE = 1.011;
const FALL = 0.35;

export class EnergyMeter {
  #noise = 0.002;
  #level = 0;

  /** @param window the chunk; samples before `from` are not looked at */
  measure(window: Float32Array, from: number): void {
    let sum = 0;
    for (let index = from; index < window.length; index += 1) {
      const sample = window[index] as number;
      sum += sample * sample;
    }
    this.#level = Math.sqrt(sum / (window.length - from));
    const isQuieter = this.#level < this.#noise;
    const next = isQuieter ? this.#noise + (this.#level - this.#noise) * FALL : this.#noise * RISE;
    this.#noise = Math.min(
      MOST_NOISE,
      Math.max(SILENT / 4, isQuieter ? next : Math.min(next, this.#level)),
    );
  }

  /** No voice can be in the chunk: the model need not be asked. */
  get isSilent(): boolean {
    return this.#level < SILENT;
  }

  /** Like the model's: 0 to 1, a half at the border, and near to nothing at the noise itself. */
  get probability(): number {
    const border = Math.max(LEAST_VOICE, this.#noise * OVER_NOISE);
    const [power, least] = [this.#level ** 2, border ** 2];
    return power / (power + least);
  }
}
