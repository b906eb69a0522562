/**
 * Spends what all processes share. A process takes a batch at once and spends it by itself for a second
 * and a half, so that most requests ask the database nothing; what it has not spent then is lost, so
 * it takes no more than it needed the last time.
 */
export interface Budget {
  name: string;
  /** So many at once, and as many again in each minute; not 0. */
  perMinute: number;
}

export interface Grant {
  granted: number;
  /** What is left for everybody. */
  remaining: number;
  /** Milliseconds until there is something again; 0 when something was granted. */
  retryMs: number;
}

/** Takes from what is shared, as many as there are up to `wanted`. */
export type Take = (budget: Budget, wanted: number) => Promise<Grant>;

export interface Standing {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Milliseconds until the budget is whole again, if nobody spends anything. */
  resetMs: number;
  retryMs: number;
}

interface Lease {
  granted: number;
  left: number;
  remaining: number;
  endsAt: number;
}

const LEASE_MS = 1_500;
const MINUTE_MS = 60_000;
const REMEMBERED = 20_000;

export class Leases {
  readonly #take: Take;
  readonly #now: () => number;
  readonly #leases = new Map<string, Lease>();
  readonly #asking = new Map<string, Promise<void>>();

  /** @param now milliseconds of a clock that only goes forward */
  constructor(take: Take, now: () => number = () => performance.now()) {
    this.#take = take;
    this.#now = now;
  }

  /** Pays for one request. @throws what {@link Take} throws. */
  async spend(budget: Budget): Promise<Standing> {
    for (;;) {
      const lease = this.#leases.get(budget.name);
      if (lease && lease.endsAt > this.#now()) {
        if (lease.left > 0) {
          lease.left -= 1;
          return this.#standing(budget, lease, true);
        }
        if (lease.granted === 0) return this.#standing(budget, lease, false);
      }
      await this.#renew(budget, lease);
    }
  }

  #standing({ perMinute: limit }: Budget, lease: Lease, allowed: boolean): Standing {
    const remaining = Math.max(0, Math.min(limit, lease.remaining + lease.left));
    const resetMs = ((limit - remaining) / limit) * MINUTE_MS;
    return { allowed, limit, remaining, resetMs, retryMs: lease.endsAt - this.#now() };
  }

  /** Whoever comes meanwhile waits for the same answer. */
  #renew(budget: Budget, last: Lease | undefined): Promise<void> {
    const { name } = budget;
    const asked = this.#asking.get(name);
    if (asked) return asked;
    const asking = this.#ask(budget, last).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  async #ask(budget: Budget, last: Lease | undefined): Promise<void> {
    const { granted, remaining, retryMs } = await this.#take(budget, this.#wanted(budget, last));
    const lastsMs = granted > 0 ? LEASE_MS : Math.min(LEASE_MS, Math.max(1, retryMs));
    this.#leases.delete(budget.name);
    this.#leases.set(budget.name, {
      granted,
      left: granted,
      remaining,
      endsAt: this.#now() + lastsMs,
    });
    const oldest = this.#leases.keys().next();
    if (this.#leases.size > REMEMBERED && !oldest.done) this.#leases.delete(oldest.value);
  }

  /** A second's worth at most: so much is lost when nobody comes any more. */
  #wanted({ perMinute }: Budget, last: Lease | undefined): number {
    if (!last) return 1;
    const most = Math.max(1, Math.floor(perMinute / 60));
    const wasTooLittle = last.left === 0 && last.endsAt > this.#now();
    return Math.max(1, Math.min(most, wasTooLittle ? last.granted * 2 : last.granted - last.left));
  }
}
