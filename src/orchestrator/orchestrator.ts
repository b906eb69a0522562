import type { CallSoFar, Orchestrator, Reply, Summary } from '../../activities/ports.ts';
import type { ModelChoice } from '../../workflows/assistant.ts';
import type { Heard, ModelTry } from '../../workflows/contract.ts';
import { REAL_CLOCK, type Clock } from '../vendors/provider-health.ts';
import { withDeadline, type Watch } from './deadline.ts';
import { leaksPrompt } from './leak.ts';
import { isUsable, linksOf, type Link, type Provider } from './links.ts';
import { ModelError, type LanguageModel, type Prompt } from './llm.ts';
import { askChain, type Budget, type Question } from './model-chain.ts';
import { buildPrompt } from './prompt.ts';
import { speakable } from './speakable.ts';
import { spokenAnswer } from './spoken-answer.ts';
import { StreamedReply, type StreamOptions } from './stream-reply.ts';
import { buildSessionPrompt, buildSummaryPrompt, shortened } from './summary.ts';

/** How long things may take. The workflow gives up on a reply on its own about 20 s after the words. */
export interface Deadlines {
  /** For all tries of one turn together, with one model alone. Default 18,000. */
  totalMs?: number;
  /** The same, when another model can be asked: the caller hears something within 12 s. Default 11,700. */
  chainMs?: number;
  /** For one try; the first one of a model alone has a quarter more. Default 8,000. */
  tryMs?: number;
  /**
   * For the first words of a streamed answer, when another model can be asked that was not yet: the
   * caller is listening. Default 4,000.
   */
  handOverMs?: number;
  /** For a model that has begun its answer and falls silent. Default 3,000. */
  stallMs?: number;
  /** For all tries of one summary; nobody waits for it. Default 15,000. */
  summaryMs?: number;
  /** For `ready`. Default 5,000. */
  readyMs?: number;
}

export interface OrchestratorOptions extends Deadlines {
  /** IANA zone in which "tomorrow" and "at seven" are meant; default: the zone of this machine. */
  timeZone?: string;
  clock?: Clock;
  /** Told of every question to a model, also of those that were not asked. */
  onTry?: (question: ModelTry) => void;
}

/**
 * The mind of a call: makes the next reply out of everything that was said. Holds no state of calls;
 * what it has learnt of providers (see `ProviderHealth`) serves all of them.
 */
export class VocaOrchestrator implements Orchestrator {
  readonly #providers: readonly Provider[];
  readonly #chain: readonly Link[];
  readonly #deadlines: Required<Deadlines>;
  readonly #timeZone: string;
  readonly #clock: Clock;
  readonly #onTry: (question: ModelTry) => void;
  /** Models that think aloud in front of their answers, as far as streamed ones have shown it. */
  readonly #thinkers = new WeakSet<LanguageModel>();

  /** @param chain whom to ask, the first one first, for an assistant that does not say. */
  constructor(
    providers: readonly Provider[],
    chain: readonly ModelChoice[],
    options: OrchestratorOptions = {},
  ) {
    this.#providers = providers;
    this.#chain = linksOf(chain, providers);
    this.#deadlines = deadlinesOf(options);
    this.#timeZone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#clock = options.clock ?? REAL_CLOCK;
    this.#onTry = options.onTry ?? (() => undefined);
  }

  /** The models in use, for logs. */
  get model(): string {
    return this.#chain.map(({ name }) => name).join(', ');
  }

  /**
   * Resolves when a model of the configuration can be asked: one is enough to answer.
   * @throws ModelError of the first model when none can, or says so in time.
   */
  async ready(signal?: AbortSignal): Promise<void> {
    const found = new AbortController();
    const stop = signal ? AbortSignal.any([signal, found.signal]) : found.signal;
    const asked = this.#chain
      .filter(isUsable)
      .map(({ model }) =>
        withDeadline(this.#deadlines.readyMs, stop, (watch) => model.ready(watch.signal)),
      );
    try {
      await Promise.any(asked);
    } catch (error) {
      signal?.throwIfAborted();
      const [first] = (error as AggregateError).errors as unknown[];
      throw first ?? new ModelError('refused', 'no model is configured');
    } finally {
      found.abort();
    }
  }

  /**
   * Answers what was just heard. `text` is plain spoken words, and empty only when `end` is true.
   * @throws NoModelAnswered, a ModelError with all tries; the signal's own reason when it fired.
   */
  async generateReply(
    call: CallSoFar,
    heard: Heard,
    options: { signal?: AbortSignal } = {},
  ): Promise<Reply> {
    const prompt = buildPrompt(call, heard, this.#timeZone);
    const { totalMs, chainMs } = this.#deadlines;
    const { value, tries } = await this.#ask(call, { totalMs, chainMs }, options.signal, {
      ask: (model, watch) => replyOf(model, prompt, watch),
    });
    return { ...value, tries };
  }

  /**
   * The same for a caller who is listening: gives the answer out clause by clause while it comes. When
   * a model fails before its first clause, the next one is asked; after that nobody else is, and what
   * was given out is the reply, whose last try says how it failed.
   * @throws NoModelAnswered when nothing was given out; the signal's own reason when it fired, whatever
   * was given out.
   */
  async streamReply(call: CallSoFar, heard: Heard, options: StreamOptions): Promise<Reply> {
    const prompt = buildPrompt(call, heard, this.#timeZone);
    const { chainMs, handOverMs } = this.#deadlines;
    const reply = new StreamedReply(prompt, options, this.#thinkers);
    const { value, tries } = await this.#ask(
      call,
      // Nobody waits on a line for as long as between two sentences, also when there is one model alone.
      { totalMs: chainMs, chainMs, handOverMs },
      options.signal,
      {
        ask: (model, watch) => reply.ask(model, watch),
        salvage: () => reply.salvaged(),
      },
    );
    return { ...value, tries };
  }

  /** What was learnt of each provider: `open` ones are not asked for a while. For metrics. */
  breakers(): { provider: string; state: 'closed' | 'open' | 'half-open' }[] {
    return this.#providers.map(({ name, health }) => ({ provider: name, state: health.state }));
  }

  /**
   * Folds the summary so far and the utterances into one summary of at most 1,200 characters; of a
   * call that is over, with what its memory tells of earlier calls, for the next one.
   * @throws NoModelAnswered, a ModelError with all tries; the signal's own reason when it fired.
   */
  async summarize(
    call: CallSoFar,
    options: { signal?: AbortSignal; isOver?: boolean } = {},
  ): Promise<Summary> {
    const build = options.isOver ? buildSessionPrompt : buildSummaryPrompt;
    const prompt = build(call, this.#timeZone);
    const { summaryMs } = this.#deadlines;
    const { value } = await this.#ask(
      call,
      { totalMs: summaryMs, chainMs: summaryMs },
      options.signal,
      { ask: (model, watch) => summaryOf(model, prompt, watch) },
    );
    return value;
  }

  async #ask<T>(
    { assistant }: CallSoFar,
    times: Pick<Budget, 'totalMs' | 'chainMs' | 'handOverMs'>,
    signal: AbortSignal | undefined,
    how: Pick<Question<T>, 'ask' | 'salvage'>,
  ): Promise<{ value: T; tries: ModelTry[] }> {
    const { tryMs, stallMs } = this.#deadlines;
    const own = assistant.models ?? [];
    const links = own.length > 0 ? linksOf(own, this.#providers) : this.#chain;
    return await askChain({
      links,
      budget: { ...times, tryMs, stallMs },
      clock: this.#clock,
      signal,
      ...how,
      onTry: this.#onTry,
    });
  }
}

async function replyOf(
  model: LanguageModel,
  prompt: Prompt,
  watch: Watch,
): Promise<Omit<Reply, 'tries'>> {
  const completion = await model.complete(prompt, watch);
  const { end, model: name, tokens } = completion;
  const text = spokenAnswer(completion, prompt);
  return { text, end, model: name, ...(tokens && { tokens }) };
}

async function summaryOf(model: LanguageModel, prompt: Prompt, watch: Watch): Promise<Summary> {
  // Nobody hears it, and it may well be written as a dialogue: so not what is cut from replies.
  const completion = await model.complete(prompt, watch);
  const text = speakable(completion.text);
  if (text === '' || (prompt.secret && leaksPrompt(text, prompt.secret))) {
    throw new ModelError('bad-answer', 'the model summed up nothing');
  }
  return { text: shortened(text), model: completion.model };
}

function deadlinesOf(given: Deadlines): Required<Deadlines> {
  const totalMs = given.totalMs ?? 18_000;
  return {
    totalMs,
    chainMs: given.chainMs ?? Math.min(totalMs, 11_700),
    tryMs: given.tryMs ?? 8_000,
    handOverMs: given.handOverMs ?? Math.min(given.tryMs ?? 8_000, 4_000),
    stallMs: given.stallMs ?? 3_000,
    summaryMs: given.summaryMs ?? 15_000,
    readyMs: given.readyMs ?? 5_000,
  };
}
