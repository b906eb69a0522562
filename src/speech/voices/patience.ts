/** How long a voice is waited for. Only waiting counts: audio that nobody has taken yet costs no time. */
import { failureOf } from '../../vendors/failure.ts';
import { SpeechError } from '../speech-error.ts';

/** All in milliseconds. */
export interface VoicePatience {
  /** For the first audio. */
  firstMs: number;
  /** For each further piece. */
  stallMs: number;
  /** For all of it together. */
  wholeMs: number;
}

export const VOICE_PATIENCE: VoicePatience = { firstMs: 1_500, stallMs: 1_500, wholeMs: 20_000 };

/**
 * The pieces of `source`, as long as they come in time. However it ends (also when who reads it stops in
 * the middle), the signal of the source fires, and nobody waits for the source to notice it.
 * @param server who speaks, for messages
 * @throws SpeechError of kind `timeout` when patience or `outer` ends it
 */
export async function* patiently(
  source: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  { patience, outer, server }: { patience: VoicePatience; outer: AbortSignal; server: string },
): AsyncGenerator<Uint8Array, void, undefined> {
  const inner = new AbortController();
  // At once, also while nobody reads on.
  const wait = new Wait(outer, () => inner.abort());
  let leftMs = patience.wholeMs;
  let isFirst = true;
  let isOver = false;
  let pieces: AsyncIterator<Uint8Array> | undefined;
  try {
    wait.throwIfOver();
    pieces = source(inner.signal)[Symbol.asyncIterator]();
    for (;;) {
      const startedAt = performance.now();
      const why = isFirst ? 'did not speak in time' : 'fell silent in mid-clause';
      const ms = Math.min(isFirst ? patience.firstMs : patience.stallMs, leftMs);
      const { done, value } = await wait.for(pieces.next(), ms, `${server} ${why}`);
      isOver = done === true;
      if (done) return;
      leftMs -= performance.now() - startedAt;
      isFirst = false;
      yield value;
      wait.throwIfOver();
    }
  } catch (thrown) {
    throw asSpeechError(thrown, server);
  } finally {
    wait.stop();
    // What came whole may be kept: a connection serves the next clause.
    if (!isOver) {
      inner.abort();
      pieces?.return?.()?.catch(() => undefined);
    }
  }
}

/** What was thrown below, in our words. */
export function asSpeechError(thrown: unknown, server: string): SpeechError {
  if (thrown instanceof SpeechError) return thrown;
  const { kind, message, options } = failureOf(thrown, { server });
  return new SpeechError(kind, message, options);
}

/** Waits for promises, each for its time, until a signal fires. */
class Wait {
  readonly #outer: AbortSignal;
  readonly #stopped: () => void;
  #reject: ((error: SpeechError) => void) | undefined;

  constructor(outer: AbortSignal, stopped: () => void) {
    this.#outer = outer;
    this.#stopped = stopped;
    outer.addEventListener('abort', this.#onAbort, { once: true });
  }

  async for<T>(work: Promise<T>, ms: number, why: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_, reject) => {
      this.#reject = reject;
      timer = setTimeout(() => reject(new SpeechError('timeout', why)), Math.max(0, Math.ceil(ms)));
      if (this.#outer.aborted) this.#onAbort();
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      clearTimeout(timer);
    }
  }

  throwIfOver(): void {
    if (this.#outer.aborted) throw notWanted();
  }

  stop(): void {
    this.#outer.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#stopped();
    this.#reject?.(notWanted());
  };
}

function notWanted(): SpeechError {
  return new SpeechError('timeout', 'the speech is no longer wanted');
}
