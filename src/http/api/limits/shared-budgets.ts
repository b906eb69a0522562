/** The budgets that all processes share; while the database is away, those of this process alone. */
import { take as takeFromBucket } from '../../../db/rate-buckets.ts';
import type { Database } from '../../../db/pool.ts';
import type { Budget, Grant, Take } from './leases.ts';

export interface FallbackOptions {
  /** How long a request may wait for the database on account of its limits. */
  waitMs?: number;
  /** Milliseconds of a clock that only goes forward. */
  now?: () => number;
}

const WAIT_MS = 1_000;
/** While it is away nobody waits for it again. */
const AWAY_MS = 2_000;
const SECONDS = 60;
const REMEMBERED = 20_000;

export function sharedBudgets(system: Database): Take {
  return async ({ name, perMinute }, wanted) => {
    const size = { size: perMinute, perSecond: perMinute / SECONDS };
    const { taken, left, retryAfterMs } = await takeFromBucket(system, name, wanted, size);
    return { granted: taken, remaining: left, retryMs: retryAfterMs };
  };
}

/** Never throws: a limit that cannot be looked up breaks no request. */
export function sharedOrOwn(shared: Take, options: FallbackOptions = {}): Take {
  const { waitMs = WAIT_MS, now = () => performance.now() } = options;
  const own = new OwnBudgets(now);
  let awayUntil = -Infinity;
  return async (budget, wanted) => {
    if (now() >= awayUntil) {
      try {
        const grant = await inTime(shared(budget, wanted), waitMs);
        own.note(budget, grant.granted);
        return grant;
      } catch {
        awayUntil = now() + AWAY_MS;
      }
    }
    return own.take(budget, wanted);
  };
}

interface Bucket {
  tokens: number;
  at: number;
}

class OwnBudgets {
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What was granted elsewhere is spent here too. */
  note(budget: Budget, granted: number): void {
    const bucket = this.#filled(budget);
    bucket.tokens = Math.max(0, bucket.tokens - granted);
  }

  take(budget: Budget, wanted: number): Grant {
    const bucket = this.#filled(budget);
    const granted = Math.min(wanted, Math.floor(bucket.tokens));
    bucket.tokens -= granted;
    const remaining = Math.floor(bucket.tokens);
    const perMs = budget.perMinute / (SECONDS * 1_000);
    return { granted, remaining, retryMs: granted > 0 ? 0 : (1 - bucket.tokens) / perMs };
  }

  #filled({ name, perMinute }: Budget): Bucket {
    const at = this.#now();
    const known = this.#buckets.get(name);
    const gained = known ? ((at - known.at) * perMinute) / (SECONDS * 1_000) : perMinute;
    const bucket = { at, tokens: Math.min(perMinute, (known?.tokens ?? 0) + gained) };
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size > REMEMBERED && !oldest.done) this.#buckets.delete(oldest.value);
    return bucket;
  }
}

function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The database took too long')), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
