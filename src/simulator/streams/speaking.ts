/** What the caller says into a stream: utterances one after another, cut into frames. */
import {
  audibleRange,
  FRAME_MS,
  FRAME_SAMPLES,
  preciseNow,
  SAMPLES_PER_MS,
  SILENCE,
} from './format.ts';

/** Audio that is ready to be sent. */
export interface PreparedAudio {
  audio: Uint8Array;
  /** Base64 of each frame; the last one is filled up with silence. */
  payloads: readonly string[];
  /** The first audible sample, and behind the last one. */
  audible: { from: number; to: number };
}

export interface FinishedUtterance {
  utteranceId: string;
  text: string;
  /** When the first and the last audible sample were said; milliseconds since 1970. */
  beginsAtMs: number;
  endsAtMs: number;
  isComplete: boolean;
}

interface Utterance {
  id: string;
  text: string;
  /** Undefined while it is being made. */
  prepared: PreparedAudio | undefined;
  startedMs: number;
  framesSent: number;
}

/** Cuts audio into frames, once for as often as it will be said. */
export function prepareAudio(audio: Uint8Array): PreparedAudio {
  const frames = Math.ceil(audio.length / FRAME_SAMPLES);
  const whole = new Uint8Array(frames * FRAME_SAMPLES).fill(SILENCE);
  whole.set(audio);
  const payloads = Array.from({ length: frames }, (_, at) =>
    Buffer.from(whole.buffer, at * FRAME_SAMPLES, FRAME_SAMPLES).toString('base64'),
  );
  return { audio: whole, payloads, audible: audibleRange(audio) ?? { from: 0, to: audio.length } };
}

export class Speaking {
  readonly #onFinished: (utterance: FinishedUtterance) => void;
  readonly #queue: Utterance[] = [];
  #audibleUntilMs = 0;

  constructor(onFinished: (utterance: FinishedUtterance) => void) {
    this.#onFinished = onFinished;
  }

  /** Something is being said, or about to be. */
  get isBusy(): boolean {
    return this.#queue.length > 0;
  }

  /** Behind the last audible sample that was sent; 0 when there was none yet. */
  get audibleUntilMs(): number {
    return this.#audibleUntilMs;
  }

  /** Queues an utterance; it begins when the one before it is over and its audio is there. */
  say(id: string, text: string, audio: Promise<PreparedAudio>): void {
    const utterance: Utterance = {
      id,
      text,
      prepared: undefined,
      startedMs: preciseNow(),
      framesSent: 0,
    };
    this.#queue.push(utterance);
    void audio.then((prepared) => (utterance.prepared = prepared));
  }

  /**
   * The frame that is due at this moment: what was said in the 20 ms before it. Undefined is silence.
   * @param dueMs also when it is late: a caller does not wait for the network
   */
  nextFrame(dueMs: number): { payload: string; audio: Uint8Array } | undefined {
    const utterance = this.#queue[0];
    if (!utterance?.prepared) return undefined;
    const { prepared } = utterance;
    const atMs = dueMs - FRAME_MS;
    if (utterance.framesSent === 0) utterance.startedMs = atMs;
    const index = utterance.framesSent;
    utterance.framesSent += 1;
    const first = index * FRAME_SAMPLES;
    const audio = prepared.audio.subarray(first, first + FRAME_SAMPLES);
    const { from, to } = prepared.audible;
    if (from < first + FRAME_SAMPLES && to > first) {
      const audibleSamples = Math.min(to - first, FRAME_SAMPLES);
      this.#audibleUntilMs = atMs + audibleSamples / SAMPLES_PER_MS;
    }
    const payload = prepared.payloads[index] ?? '';
    if (utterance.framesSent >= prepared.payloads.length) this.#finish(utterance);
    return { payload, audio };
  }

  /** The line is gone: what was not sent never will be. */
  close(): void {
    for (const utterance of [...this.#queue]) this.#finish(utterance);
  }

  #finish({ id, text, prepared, startedMs, framesSent }: Utterance): void {
    this.#queue.shift();
    const isComplete = prepared !== undefined && framesSent >= prepared.payloads.length;
    const sentMs = framesSent * FRAME_MS;
    const inTime = (sample: number) => startedMs + Math.min(sample / SAMPLES_PER_MS, sentMs);
    this.#onFinished({
      utteranceId: id,
      text,
      beginsAtMs: inTime(prepared?.audible.from ?? 0),
      endsAtMs: inTime(prepared?.audible.to ?? 0),
      isComplete,
    });
  }
}
