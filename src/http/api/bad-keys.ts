/** Whoever tries keys that nobody has is sent away before the database is asked. */
import { createHash } from 'node:crypto';
import type { Take } from './leases.ts';

interface Minute {
  endsAt: number;
  count: number;
  /** Of these, what the other processes have not heard of. */
  untold: number;
  isBlocked: boolean;
}

export interface BadKeysOptions {
  perMinute?: number;
  /** Milliseconds of a clock that only goes forward. */
  now?: () => number;
}

const PER_MINUTE = 100;
const MINUTE_MS = 60_000;
/** The other processes hear of them in batches, and not in a request's way. */
const BATCH = 5;
const REMEMBERED = 20_000;

export class BadKeys {
  readonly #tell: Take;
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #minutes = new Map<string, Minute>();
  /** Keys that were good: a stranger behind the same address does not shut their holders out. */
  readonly #good = new Set<string>();

  /** @param tell never throws */
  constructor(tell: Take, options: BadKeysOptions = {}) {
    this.#tell = tell;
    this.#perMinute = options.perMinute ?? PER_MINUTE;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * How long this address must wait, in milliseconds; 0 when it may try a key.
   * @param hash of the key that it brings; undefined when that can be none
   */
  waitMs(network: string, hash: Buffer | undefined): number {
    const minute = this.#minutes.get(network);
    if (!minute || minute.endsAt <= this.#now()) return 0;
    if (hash && this.#good.has(hash.toString('base64'))) return 0;
    return minute.isBlocked || minute.count >= this.#perMinute ? minute.endsAt - this.#now() : 0;
  }

  wasGood(hash: Buffer): void {
    remember(this.#good, hash.toString('base64'));
  }

  wasBad(network: string, hash: Buffer | undefined): void {
    if (hash) this.#good.delete(hash.toString('base64'));
    const minute = this.#minuteOf(network);
    minute.count += 1;
    minute.untold += 1;
    if (minute.untold < BATCH) return;
    const count = minute.untold;
    minute.untold = 0;
    void this.#tell({ name: nameOf(network), perMinute: this.#perMinute }, count).then((grant) => {
      if (grant.granted < count) minute.isBlocked = true;
    });
  }

  #minuteOf(network: string): Minute {
    const known = this.#minutes.get(network);
    if (known && known.endsAt > this.#now()) return known;
    const minute = { endsAt: this.#now() + MINUTE_MS, count: 0, untold: 0, isBlocked: false };
    this.#minutes.delete(network);
    this.#minutes.set(network, minute);
    trim(this.#minutes);
    return minute;
  }
}

function remember(set: Set<string>, value: string): void {
  set.delete(value);
  set.add(value);
  trim(set);
}

function trim(some: Set<string> | Map<string, unknown>): void {
  const oldest = some.keys().next();
  if (some.size > REMEMBERED && !oldest.done) some.delete(oldest.value);
}

/** An address is somebody's: it is not written down. */
function nameOf(network: string): string {
  return `bad:${createHash('sha256').update(network).digest('base64url').slice(0, 22)}`;
}
