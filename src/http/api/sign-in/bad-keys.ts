/** Whoever tries keys that nobody has is sent away before the database is asked. */
import { createHash } from 'node:crypto';
import type { Take } from '../limits/leases.ts';

interface Minute {
  endsAt: number;
  count: number;
  /** Of these, what the other processes have not heard of. */
  untold: number;
  /** Keys that are being looked up: they count until it is known that they are good. */
  open: Set<string>;
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
   * How long this address must wait, in milliseconds; 0 when it may try a key, and then it must be said
   * what became of it.
   * @param hash of the key that it brings; undefined when that can be none
   */
  waitMs(network: string, hash: Buffer | undefined): number {
    const name = hash?.toString('base64');
    if (name !== undefined && this.#good.has(name)) return 0;
    const minute = this.#minuteOf(network);
    const others = minute.open.size - (name !== undefined && minute.open.has(name) ? 1 : 0);
    if (minute.isBlocked || minute.count + others >= this.#perMinute) {
      return minute.endsAt - this.#now();
    }
    if (name !== undefined) minute.open.add(name);
    return 0;
  }

  wasGood(network: string, hash: Buffer): void {
    this.wasUnclear(network, hash);
    remember(this.#good, hash.toString('base64'));
  }

  /** It could not be looked up. */
  wasUnclear(network: string, hash: Buffer): void {
    this.#minutes.get(network)?.open.delete(hash.toString('base64'));
  }

  wasBad(network: string, hash: Buffer | undefined): void {
    const minute = this.#minuteOf(network);
    if (hash) {
      this.wasUnclear(network, hash);
      this.#good.delete(hash.toString('base64'));
    }
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
    const endsAt = this.#now() + MINUTE_MS;
    const minute: Minute = { endsAt, count: 0, untold: 0, open: new Set(), isBlocked: false };
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
