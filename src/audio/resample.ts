/**
 * Another sample rate for audio that comes in pieces: a polyphase filter (a sinc in a Kaiser window,
 * P. P. Vaidyanathan, "Multirate Systems and Filter Banks", chapter 4).
 *
 * What would be folded back into the telephone's band is 60 dB down from 4.6 kHz on, far below
 * what mu-law itself leaves (38 dB); speech up to 3.4 kHz stays as it is. The output is aligned with the input: the filter delays nothing but its own
 * half, some 1.5 ms, and `flush` gives that back.
 */

/** Of what is not wanted, in dB. */
const STOP_DB = 60;
/** Kaiser's formula for that attenuation. */
const BETA = 0.1102 * (STOP_DB - 8.7);
/** Width of the filter's edge as a part of the lower rate, centred on half of that rate. */
const EDGE = 0.15;

interface Filter {
  /** `up` samples are thought of between two of the input, of which every `down`-th is put out. */
  up: number;
  down: number;
  /** For each phase its coefficients, in the order of the samples. */
  taps: Float32Array[];
  length: number;
}

const filters = new Map<string, Filter>();

export class Resampler {
  readonly #filter: Filter;
  /** The newest samples of the input, as far as the filter still needs them. */
  #kept: Float32Array;
  /** Place of the next output, in steps of 1/up of an input sample, from the first kept one. */
  #next: number;

  /** Rates in Hz, whole numbers. */
  constructor(fromHz: number, toHz: number) {
    this.#filter = filterFor(fromHz, toHz);
    const { length, up } = this.#filter;
    const before = length >> 1;
    this.#kept = new Float32Array(before - 1);
    this.#next = (before - 1) * up;
  }

  push(samples: Int16Array): Int16Array {
    const { up, down, taps, length } = this.#filter;
    const input = new Float32Array(this.#kept.length + samples.length);
    input.set(this.#kept);
    input.set(samples, this.#kept.length);
    const before = (length >> 1) - 1;
    const lastCentre = input.length - (length - before);
    const end = (lastCentre + 1) * up;
    const output = new Int16Array(Math.max(0, Math.ceil((end - this.#next) / down)));
    let next = this.#next;
    for (let at = 0; at < output.length; at += 1, next += down) {
      const centre = Math.floor(next / up);
      output[at] = clamped(dot(input, centre - before, taps[next - centre * up]!));
    }
    const first = Math.min(Math.max(0, Math.floor(next / up) - before), input.length);
    this.#kept = input.slice(first);
    this.#next = next - first * up;
    return output;
  }

  /** What the filter still holds. Nothing may follow. */
  flush(): Int16Array {
    return this.push(new Int16Array(this.#filter.length >> 1));
  }
}

function dot(input: Float32Array, from: number, taps: Float32Array): number {
  let sum = 0;
  for (let tap = 0; tap < taps.length; tap += 1) sum += input[from + tap]! * taps[tap]!;
  return sum;
}

function clamped(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}

/** Made once for each pair of rates. */
function filterFor(fromHz: number, toHz: number): Filter {
  const key = `${fromHz}:${toHz}`;
  const known = filters.get(key);
  if (known) return known;
  const divisor = commonDivisor(fromHz, toHz);
  const filter = makeFilter(fromHz, toHz, divisor);
  filters.set(key, filter);
  return filter;
}

function makeFilter(fromHz: number, toHz: number, divisor: number): Filter {
  const lower = Math.min(fromHz, toHz);
  const edge = (2 * Math.PI * EDGE * lower) / fromHz;
  const length = 2 * Math.ceil((STOP_DB - 8) / (2.285 * edge) / 2);
  const cutoff = lower / fromHz;
  const up = toHz / divisor;
  const taps = Array.from({ length: up }, (_, phase) =>
    normalised(
      Float32Array.from({ length }, (__, tap) => {
        const distance = tap - (length / 2 - 1) - phase / up;
        return sinc(cutoff * distance) * kaiser(distance / (length / 2));
      }),
    ),
  );
  return { up, down: fromHz / divisor, taps, length };
}

/** Each phase lets a constant through as it is, so that none of them is louder than another. */
function normalised(taps: Float32Array): Float32Array {
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

/** The modified Bessel function of the first kind, order zero. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
