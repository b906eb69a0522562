/** Which models a turn asks, in which order, and how long they may take together. */
import type { ModelTry } from '../../workflows/contract.ts';
import type { Clock, Ending } from '../vendors/provider-health.ts';
import { pause, withDeadline, type Watch } from './deadline.ts';
import { isUsable, type Link, type Provider, type UsableLink } from './links.ts';
import { ModelError, NoModelAnswered, type LanguageModel } from './llm.ts';
import type { Patience } from './patience.ts';

/** All in milliseconds. */
export interface Budget {
  /** For everything, with one model alone. */
  totalMs: number;
  /** For everything, when another model can be asked. */
  chainMs: number;
  /** For one try, see `Patience.firstMs`. */
  tryMs: number;
  /** The same, when there is another model that was not asked yet. Default: `tryMs`. */
  handOverMs?: number;
  stallMs: number;
}

export interface Question<T> {
  links: readonly Link[];
  budget: Budget;
  clock: Clock;
  signal?: AbortSignal | undefined;
  ask: (model: LanguageModel, watch: Watch) => Promise<T>;
  /** After a failure: what is to be made do with, so that nobody else is asked. */
  salvage?: () => T | undefined;
  /** Told of every entry of the tries when it is made. */
  onTry?: (question: ModelTry) => void;
}

/** A provider is asked so often in a turn at most. */
const TRIES = 2;
/** Before the same model is asked again after it failed at once; half of it is left to chance. */
const PAUSE_MS = 400;
/** A try that is left with less than this part of its time is not begun. */
const WORTHWHILE = 0.25;
/** The longest wait for a server within a turn, when it wants one and nobody else can be asked. */
const PATIENT_MS = 4_000;
/** A model that streams may use so much more than a try to come to its end. */
const GRACE_MS = 2_000;
/**
 * Of a try, for the first one of a model alone: to wait a little longer for a slow model serves the
 * caller better than to ask it anew.
 */
const ALONE = 1.25;
/** Of a try, for a provider that is known to fail and is asked for want of a better one. */
const LAST_RESORT = 0.5;

/**
 * Asks one model after the other until one has answered: the next one at once after a failure, and
 * each provider a second time when all have failed.
 *
 * A provider whose breaker is open, or which has asked for a wait, is passed over. When that would
 * leave nobody to ask, a short wait is kept, or else the provider that is likely to be back first is
 * asked all the same, for half the time of a try: an apology without a try helps no caller. Only
 * what a server has said itself (Retry-After) is never overridden.
 * @throws NoModelAnswered with all tries; the signal's own reason when it fired.
 */
export async function askChain<T>(question: Question<T>): Promise<{ value: T; tries: ModelTry[] }> {
  return await new Turn(question).run();
}

interface Place extends UsableLink {
  tries: number;
  /** Not to be asked again in this turn. */
  isSpent: boolean;
  isNoted: boolean;
  notBefore: number;
}

type Next = { place: Place; isLastResort: boolean } | { waitMs: number };

class Turn<T> {
  readonly #question: Question<T>;
  readonly #places: Place[];
  readonly #tries: ModelTry[] = [];
  readonly #totalMs: number;
  readonly #endsAt: number;
  #last: ModelError | undefined;

  constructor(question: Question<T>) {
    const { links, budget, clock } = question;
    this.#question = question;
    this.#places = links.filter(isUsable).map((link) => ({
      ...link,
      tries: 0,
      isSpent: false,
      isNoted: false,
      notBefore: 0,
    }));
    this.#totalMs = this.#places.length > 1 ? budget.chainMs : budget.totalMs;
    this.#endsAt = clock.now() + this.#totalMs;
    for (const link of links) {
      if (!isUsable(link)) this.#note({ model: link.name, ms: 0, outcome: 'refused' });
    }
  }

  async run(): Promise<{ value: T; tries: ModelTry[] }> {
    const { signal } = this.#question;
    for (;;) {
      signal?.throwIfAborted();
      const next = this.#next();
      if (next === undefined) break;
      if ('waitMs' in next) {
        await pause(next.waitMs, signal);
        continue;
      }
      this.#noteSkipped(this.#places.indexOf(next.place));
      const answer = await this.#ask(next.place, next.isLastResort);
      if (answer) return { ...answer, tries: this.#tries };
    }
    this.#noteSkipped(this.#places.length);
    throw new NoModelAnswered(this.#last ?? this.#nobody(), this.#tries);
  }

  async #ask(place: Place, isLastResort: boolean): Promise<{ value: T } | undefined> {
    const { clock, signal, ask } = this.#question;
    const settle = place.provider.health.begin();
    const startedAt = clock.now();
    const note = (outcome: ModelTry['outcome']): void => {
      const ms = Math.max(0, Math.round(clock.now() - startedAt));
      this.#note({ model: place.model.name, ms, outcome });
    };
    let ending: Ending = 'unknown';
    place.tries += 1;
    try {
      const patience = this.#patience(place, isLastResort);
      const value = await withDeadline(patience, signal, (watch) => ask(place.model, watch));
      ending = 'answered';
      note('answered');
      return { value };
    } catch (thrown) {
      // The caller has gone, or spoken again: that is nobody's failure.
      if (signal?.aborted) throw thrown;
      const error = asModelError(thrown);
      ending = error;
      note(error.kind);
      const value = this.#question.salvage?.();
      if (value !== undefined) return { value };
      this.#fail(place, error);
      return undefined;
    } finally {
      settle(ending);
    }
  }

  #fail(place: Place, error: ModelError): void {
    const { clock } = this.#question;
    this.#last = error;
    if (!error.retryable) place.isSpent = true;
    const mayPass = error.kind === 'rate-limit' || error.kind === 'unavailable';
    const pauseMs = error.retryAfterMs ?? (mayPass ? PAUSE_MS * (0.5 + clock.random() / 2) : 0);
    place.notBefore = clock.now() + pauseMs;
  }

  #patience({ tries }: Place, isLastResort: boolean): Patience {
    const { tryMs, handOverMs = tryMs, stallMs } = this.#question.budget;
    const hasOther = this.#left().some(
      (place) => place.tries === 0 && place.provider.health.isOpenToQuestions(),
    );
    const leftMs = Math.max(1, Math.floor(this.#endsAt - this.#question.clock.now()));
    const isFirstAlone = this.#places.length === 1 && tries === 1;
    const part = isLastResort ? LAST_RESORT : isFirstAlone ? ALONE : 1;
    const firstMs = Math.min((hasOther ? handOverMs : tryMs) * part, leftMs);
    return { firstMs, stallMs, wholeMs: Math.min(leftMs, firstMs + GRACE_MS) };
  }

  /** Whom to ask, or how long to wait before looking again; undefined when it is of no use. */
  #next(): Next | undefined {
    const places = this.#left();
    const free = places.find(({ provider }) => provider.health.isOpenToQuestions());
    if (free) {
      const waitMs = this.#fitting(free.notBefore - this.#question.clock.now());
      if (waitMs === undefined) return undefined;
      return waitMs > 0 ? { waitMs } : { place: free, isLastResort: false };
    }
    return this.#wait(places) ?? this.#lastResort(places);
  }

  /** Those that may still be asked in this turn, the least asked first. */
  #left(): Place[] {
    const triesOf = (provider: Provider): number =>
      this.#places.reduce((sum, each) => sum + (each.provider === provider ? each.tries : 0), 0);
    return this.#places
      .filter(({ isSpent, provider }) => !isSpent && triesOf(provider) < TRIES)
      .sort((a, b) => a.tries - b.tries);
  }

  /** What is left after a wait must be worth a try. The very first try always is. */
  #fitting(waitMs: number): number | undefined {
    const ms = Math.max(0, Math.ceil(waitMs));
    if (ms === 0 && this.#last === undefined) return 0;
    const leftMs = this.#endsAt - this.#question.clock.now() - ms;
    const { tryMs } = this.#question.budget;
    return leftMs < Math.min(tryMs, this.#totalMs) * WORTHWHILE ? undefined : ms;
  }

  /** The server that wants the shortest wait, when it is short. */
  #wait(places: readonly Place[]): Next | undefined {
    const waits = places.map(({ provider }) => provider.health.waitMs).filter((ms) => ms > 0);
    if (waits.length === 0) return undefined;
    const shortestMs = Math.min(...waits);
    if (shortestMs > PATIENT_MS) return undefined;
    // All calls of this process wait for the same moment.
    const spreadMs = this.#question.clock.random() * Math.min(500, shortestMs / 4);
    const waitMs = this.#fitting(shortestMs + spreadMs);
    return waitMs === undefined ? undefined : { waitMs };
  }

  #lastResort(places: readonly Place[]): Next | undefined {
    if (this.#last !== undefined) return undefined;
    const [place] = places
      .filter(({ provider }) => provider.health.waitMs === 0)
      .sort((a, b) => a.provider.health.openMs - b.provider.health.openMs);
    return place && { place, isLastResort: true };
  }

  /** Notes those before the place `end` that were passed over. */
  #noteSkipped(end: number): void {
    for (const place of this.#places.slice(0, end)) {
      if (place.tries > 0 || place.isNoted || place.provider.health.isOpenToQuestions()) continue;
      place.isNoted = true;
      this.#note({ model: place.model.name, ms: 0, outcome: 'skipped' });
    }
  }

  #note(question: ModelTry): void {
    this.#tries.push(question);
    this.#question.onTry?.(question);
  }

  /** Nobody was asked: what to call that. */
  #nobody(): ModelError {
    const waits = this.#places.map(({ provider }) => provider.health.waitMs).filter((ms) => ms > 0);
    if (waits.length === 0)
      return new ModelError('refused', 'no model is configured for this call');
    return new ModelError('rate-limit', 'every provider has asked to be left alone for a while', {
      retryAfterMs: Math.min(...waits),
    });
  }
}

/** What is no ModelError is a fault of ours; the next model is asked all the same. */
function asModelError(thrown: unknown): ModelError {
  if (thrown instanceof ModelError) return thrown;
  return new ModelError('bad-answer', 'asking the model failed in an unknown way', {
    retryable: false,
    original: thrown,
  });
}
