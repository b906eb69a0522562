import type { CallSoFar, Orchestrator, Reply, Summary } from '../../activities/ports.ts';
import type { Heard } from '../../workflows/contract.ts';
import { pause, withDeadline } from './deadline.ts';
import { ModelError, type Completion, type LanguageModel, type Prompt } from './llm.ts';
import { buildPrompt } from './prompt.ts';
import { speakable } from './speakable.ts';
import { buildSummaryPrompt, shortened } from './summary.ts';

/** How long a turn may take. The workflow gives up on its own about 20 s after the words. */
export interface Deadlines {
  /** For all tries of one turn together. Default 18,000. */
  totalMs?: number;
  /** For one try. Default 8,000. */
  tryMs?: number;
  /** For `ready`. Default 5,000. */
  readyMs?: number;
}

export interface OrchestratorOptions extends Deadlines {
  /** IANA zone in which "tomorrow" and "at seven" are meant; default: the zone of this machine. */
  timeZone?: string;
}

const TRIES = 2;
/** After an overload or a broken connection; a server that names its own wait is heeded instead. */
const PAUSE_MS = 200;
/** A second try that is left with less than this part of its deadline is not begun. */
const WORTHWHILE = 0.25;

/** The mind of a call: makes the next reply out of everything that was said. Holds no state of calls. */
export class VocaOrchestrator implements Orchestrator {
  readonly #model: LanguageModel;
  readonly #deadlines: Required<Deadlines>;
  readonly #timeZone: string;

  constructor(model: LanguageModel, options: OrchestratorOptions = {}) {
    this.#model = model;
    this.#deadlines = {
      totalMs: options.totalMs ?? 18_000,
      tryMs: options.tryMs ?? 8_000,
      readyMs: options.readyMs ?? 5_000,
    };
    this.#timeZone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  /** The model in use, for logs. */
  get model(): string {
    return this.#model.name;
  }

  /**
   * Resolves when the model can be asked.
   * @throws ModelError when it cannot, or does not answer in time.
   */
  async ready(signal?: AbortSignal): Promise<void> {
    await withDeadline(this.#deadlines.readyMs, signal, (inner) => this.#model.ready(inner));
  }

  /**
   * Answers what was just heard, with a second try when the first failed in a way that may pass.
   * `text` is plain spoken words, and empty only when `end` is true.
   * @throws ModelError of the last try; the signal's own reason when it fired.
   */
  async generateReply(
    call: CallSoFar,
    heard: Heard,
    options: { signal?: AbortSignal } = {},
  ): Promise<Reply> {
    const prompt = buildPrompt(call, heard, this.#timeZone);
    const { totalMs, tryMs } = this.#deadlines;
    const endsAt = performance.now() + totalMs;
    for (let tried = 1; ; tried += 1) {
      const leftMs = Math.max(1, Math.floor(endsAt - performance.now()));
      try {
        return await this.#try(prompt, Math.min(tryMs, leftMs), options.signal);
      } catch (error) {
        const waitMs = tried < TRIES ? waitBeforeRetryMs(error) : undefined;
        if (options.signal?.aborted || waitMs === undefined) throw error;
        const leftAfterMs = endsAt - performance.now() - waitMs;
        if (leftAfterMs < Math.min(tryMs, totalMs) * WORTHWHILE) throw error;
        await pause(waitMs, options.signal);
      }
    }
  }

  /**
   * Folds the summary so far and the utterances into one summary of at most 1,200 characters.
   * @throws ModelError when no model made one; the signal's own reason when it fired.
   */
  async summarize(call: CallSoFar, options: { signal?: AbortSignal } = {}): Promise<Summary> {
    const prompt = buildSummaryPrompt(call, this.#timeZone);
    const { text, model } = await this.#try(prompt, this.#deadlines.tryMs, options.signal);
    return { text: shortened(text), model };
  }

  async #try(prompt: Prompt, timeoutMs: number, signal: AbortSignal | undefined): Promise<Reply> {
    return await withDeadline(timeoutMs, signal, async (inner) =>
      toReply(await this.#model.complete(prompt, { signal: inner })),
    );
  }
}

function toReply({ text, end, model, tokens }: Completion): Reply {
  const words = speakable(text);
  if (words === '' && !end) {
    throw new ModelError('bad-answer', 'the model answered nothing that can be said');
  }
  return { text: words, end, model, ...(tokens && { tokens }) };
}

/** Undefined when trying again is of no use. */
function waitBeforeRetryMs(error: unknown): number | undefined {
  if (!(error instanceof ModelError) || !error.retryable) return undefined;
  if (error.retryAfterMs !== undefined) return error.retryAfterMs;
  return error.kind === 'rate-limit' || error.kind === 'unavailable' ? PAUSE_MS : 0;
}
