/**
 * One round of sending to one endpoint: takes what waits, the oldest first, never two of one call at once,
 * at most so many at once and per second, and stays a little for more.
 *
 * Killed at any place it leaves nothing half done: a row waits until its outcome is written, and what was
 * sent without that is sent again.
 */
import { setMaxListeners } from 'node:events';
import { probeDelayMs, retryDelayMs } from '../workflows/webhook-plan.ts';
import type {
  DeliveryStanding,
  DispatchRound,
  EndpointRef,
} from '../workflows/webhook-contract.ts';
import { Bell } from './bell.ts';
import { Pacer, SendWindow } from './send-pace.ts';
import { standingAfter, standingOf, succeeded } from './webhook-outcome.ts';
import type { QueuedDelivery, SendingEndpoint, SendResult, WebhookDeps } from './webhook-ports.ts';

/** Nobody else looks after the endpoint for so long after the last sign of life. */
const BUSY_MS = 30_000;
const EXTEND_MS = 10_000;
/** News get lost with a connection. */
const LOOK_MS = 1_000;
/** Read at once: about what is sent in two seconds. Events may be large, and are read anew every second. */
const BATCH = { least: 25, most: 100, seconds: 2 };
/** So many workflows are started or told at most after one round. */
const STANDINGS = 100;
const WRITE_TRIES = 5;
const WRITE_PAUSE_MS = 500;
const UNLIMITED = 1_000_000;
/** The answers that say that the receiver has enough (RFC 9110, 15.6.4; RFC 6585, 4). */
const HOLDING: readonly (number | undefined)[] = [429, 503];
const GONE = 410;

export interface RoundOrder extends EndpointRef {
  /** Deliveries whose workflow was started just now. */
  known: readonly string[];
}

/** @param signal ends it at once, whatever is under way */
export function runRound(
  deps: WebhookDeps,
  order: RoundOrder,
  signal: AbortSignal,
): Promise<DispatchRound> {
  return new Round(deps, order, signal).run();
}

class Round {
  readonly #deps: WebhookDeps;
  readonly #order: RoundOrder;
  readonly #signal: AbortSignal;
  readonly #bell = new Bell();
  readonly #pacer = new Pacer();
  readonly #startedAt = Date.now();
  readonly #sending = new Map<string, QueuedDelivery>();
  readonly #fresh: DeliveryStanding[] = [];
  readonly #held: DeliveryStanding[] = [];
  #endpoint: SendingEndpoint | undefined;
  #window: SendWindow;
  #waiting: QueuedDelivery[] = [];
  #mayBeMore = true;
  /** Whether what was read holds, and whether this is the only one that sends. */
  #isUnsure = false;
  #filledAt = 0;
  #busyAt = Date.now();
  #extendedAt = 0;
  #sent = 0;
  #succeeded = 0;
  #failures = 0;
  /** The receiver is down; it has asked for time. */
  #downUntil = 0;
  #askedUntil = 0;
  #error: unknown;

  constructor(deps: WebhookDeps, order: RoundOrder, signal: AbortSignal) {
    this.#deps = deps;
    this.#order = order;
    this.#signal = signal;
    this.#window = new SendWindow(deps.plan.concurrency, false);
  }

  async run(): Promise<DispatchRound> {
    const { queue, onNews, stopping } = this.#deps;
    const endNews = onNews(this.#order.workspaceId, () => {
      this.#mayBeMore = true;
      this.#bell.ring();
    });
    // Every round of this worker listens to the one, every request of this round to the other.
    setMaxListeners(0, stopping, this.#signal);
    stopping.addEventListener('abort', this.#bell.ring);
    this.#signal.addEventListener('abort', this.#bell.ring);
    try {
      await this.#extend();
      this.#failures = (await queue.endpoint(this.#order))?.failures ?? 0;
      await this.#refill();
      this.#window = new SendWindow(this.#deps.plan.concurrency, this.#isDown);
      if (this.#endpoint) {
        const orphans = await queue.orphans(this.#order, STANDINGS, this.#order.known);
        this.#fresh.push(...orphans.map(standingOf));
      }
      return await this.#work();
    } finally {
      endNews();
      stopping.removeEventListener('abort', this.#bell.ring);
      this.#signal.removeEventListener('abort', this.#bell.ring);
    }
  }

  async #work(): Promise<DispatchRound> {
    while (this.#goesOn) {
      await this.#extend();
      if (this.#isOutOfDate) await this.#refill();
      if (!this.#goesOn) break;
      const waitMs = this.#sendNext();
      if (waitMs === 0) continue;
      if (this.#sending.size > 0 || this.#waiting.length > 0) {
        this.#busyAt = Date.now();
      } else if (Date.now() - this.#busyAt >= this.#deps.plan.lingerMs) {
        if (!(await this.#release())) return this.#end('idle');
        this.#mayBeMore = true;
        this.#busyAt = Date.now();
        continue;
      }
      await this.#bell.wait(waitMs);
      if (waitMs === LOOK_MS) this.#mayBeMore = true;
    }
    while (this.#sending.size > 0 && !this.#signal.aborted) await this.#bell.wait(LOOK_MS);
    if (this.#error !== undefined) throw this.#error;
    this.#signal.throwIfAborted();
    if (!this.#endpoint) return this.#leave();
    const until = this.#heldUntil;
    if (until <= Date.now()) return this.#end('more');
    await this.#deps.queue.hold(this.#order, until - Date.now() + BUSY_MS);
    return this.#end('hold', until);
  }

  get #goesOn(): boolean {
    return (
      this.#endpoint !== undefined &&
      this.#error === undefined &&
      !this.#isUnsure &&
      !this.#deps.stopping.aborted &&
      !this.#signal.aborted &&
      this.#fresh.length + this.#held.length < STANDINGS &&
      this.#heldUntil <= Date.now() &&
      Date.now() - this.#startedAt < this.#deps.plan.roundMs
    );
  }

  /** While no more can be sent nobody looks: hundreds of receivers may never answer. */
  get #isOutOfDate(): boolean {
    if (this.#sending.size >= this.#window.size) return false;
    const isBlocked = this.#nextAt === -1;
    if (this.#mayBeMore && (isBlocked || this.#waiting.length < this.#window.size)) return true;
    // What is not sent at this moment may be as old as it likes.
    const isDue = !isBlocked && this.#pacer.waitMs(performance.now()) === 0;
    return isDue && Date.now() - this.#filledAt >= LOOK_MS;
  }

  /** The oldest whose lane is free; -1: there is none. */
  get #nextAt(): number {
    const lanes = new Set([...this.#sending.values()].map(({ lane }) => lane));
    return this.#waiting.findIndex(({ lane }) => lane === undefined || !lanes.has(lane));
  }

  get #isDown(): boolean {
    return this.#failures >= this.#deps.plan.downAfter;
  }

  get #heldUntil(): number {
    return Math.max(this.#downUntil, this.#askedUntil);
  }

  get #batch(): number {
    const { least, most, seconds } = BATCH;
    return Math.min(most, Math.max(least, seconds * (this.#endpoint?.maxPerSecond ?? 0)));
  }

  async #extend(): Promise<void> {
    if (Date.now() - this.#extendedAt < EXTEND_MS) return;
    this.#extendedAt = Date.now();
    await this.#deps.queue.hold(this.#order, BUSY_MS);
  }

  /**
   * What waits is read anew, and the endpoint, too: its owner may have changed it, or have given up what
   * was read before.
   */
  async #refill(): Promise<void> {
    this.#mayBeMore = false;
    this.#filledAt = Date.now();
    // Of what is under way now, the answer may not know yet that it is done.
    const known = new Set(this.#sending.keys());
    const limit = this.#batch + known.size;
    const [endpoint, found] = await Promise.all([
      this.#deps.queue.endpoint(this.#order),
      this.#deps.queue.pending(this.#order, limit, this.#isDown),
    ]);
    this.#endpoint = endpoint;
    this.#waiting = found.filter((each) => !known.has(each.deliveryId));
    if (found.length === limit) this.#mayBeMore = true;
  }

  /** @returns 0 when one was sent, else how long to wait for news */
  #sendNext(): number {
    if (this.#sending.size >= this.#window.size) return LOOK_MS;
    const at = this.#nextAt;
    const next = this.#waiting[at];
    if (!next || !this.#endpoint) return LOOK_MS;
    const waitMs = this.#pacer.waitMs(performance.now());
    if (waitMs > 0) return waitMs;
    this.#pacer.started(performance.now(), this.#endpoint.maxPerSecond);
    this.#waiting.splice(at, 1);
    this.#sending.set(next.deliveryId, next);
    this.#sent += 1;
    this.#send(this.#endpoint, next)
      .catch((error: unknown) => {
        this.#error ??= error;
      })
      .finally(() => {
        this.#sending.delete(next.deliveryId);
        this.#bell.ring();
      });
    return 0;
  }

  async #send(endpoint: SendingEndpoint, delivery: QueuedDelivery): Promise<void> {
    const { sender, plan, queue, onAttempt } = this.#deps;
    const isProbe = this.#isDown;
    const result = await sender.send(endpoint, delivery.event, this.#signal);
    const attempts = delivery.attempts + 1;
    const isGood = succeeded(result.attempt);
    const isGone = result.attempt.status === GONE;
    const delayMs =
      isGood || isGone
        ? undefined
        : retryDelayMs(plan, attempts, Math.random(), result.retryAfterMs);
    const status = isGood ? 'succeeded' : delayMs === undefined ? 'failed' : 'retrying';
    const nextAt = delayMs === undefined ? undefined : new Date(Date.now() + delayMs).toISOString();
    const settled = await this.#persist(() =>
      queue.settle(this.#order, delivery, {
        status,
        attempt: result.attempt,
        ...(nextAt !== undefined && { nextAt }),
        failuresAtMost: isProbe ? UNLIMITED : plan.downAfter,
      }),
    );
    if (!settled) {
      // It was ended meanwhile, or another one sends, too: a worker that was away may come back.
      this.#isUnsure = true;
      return;
    }
    onAttempt?.(result);
    const standing = standingAfter(delivery, { status, attempt: result.attempt, nextAt });
    if (settled.handedOver) this.#held.push(standing);
    else if (status === 'retrying') this.#fresh.push(standing);
    this.#failures = settled.failures;
    if (isGood) await this.#afterSuccess(isProbe);
    else await this.#afterFailure(result, isGone, settled.failingSince);
  }

  async #afterSuccess(isProbe: boolean): Promise<void> {
    this.#succeeded += 1;
    this.#window.succeeded();
    this.#downUntil = 0;
    if (!isProbe) return;
    await this.#persist(() => this.#deps.queue.wakeRetries(this.#order));
    // From now on in the order of the events again.
    this.#waiting = [];
    this.#mayBeMore = true;
  }

  async #afterFailure(
    { attempt, retryAfterMs }: SendResult,
    isGone: boolean,
    failingSince = '',
  ): Promise<void> {
    const { plan } = this.#deps;
    this.#window.failed();
    const downMs = probeDelayMs(plan, this.#failures);
    if (downMs > 0)
      this.#downUntil = Date.now() + downMs * (1 + plan.jitter * (Math.random() - 0.5));
    if (retryAfterMs !== undefined && HOLDING.includes(attempt.status)) {
      const heldMs = Math.min(retryAfterMs, plan.retryAfterMs.endpoint);
      this.#askedUntil = Math.max(this.#askedUntil, Date.now() + heldMs);
    }
    const isHopeless = Date.now() - Date.parse(failingSince) >= plan.disableAfterMs;
    if (isGone) await this.#disable('gone');
    else if (isHopeless) await this.#disable('failing');
  }

  async #disable(reason: 'gone' | 'failing'): Promise<void> {
    const isNew = await this.#persist(() => this.#deps.queue.disable(this.#order, reason));
    this.#endpoint = undefined;
    if (isNew) this.#deps.onDisabled?.(this.#order.endpointId, reason);
  }

  /** What was sent would be sent again if the database could not be told: so it is worth a few tries. */
  async #persist<T>(write: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (error) {
        const isPassing = (error as { retryable?: boolean }).retryable === true;
        if (!isPassing || tries === WRITE_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, WRITE_PAUSE_MS));
      }
    }
  }

  #release(): Promise<boolean> {
    const heldMs = Math.max(0, this.#heldUntil - Date.now());
    return this.#deps.queue.release(this.#order, heldMs, BUSY_MS);
  }

  async #leave(): Promise<DispatchRound> {
    await this.#deps.queue.endAll(this.#order);
    const again = await this.#release();
    return this.#end(again ? 'more' : 'gone');
  }

  #end(next: DispatchRound['next'], untilMs?: number): DispatchRound {
    return {
      next,
      ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
      sent: this.#sent,
      succeeded: this.#succeeded,
      failures: this.#failures,
      fresh: this.#fresh,
      held: this.#held,
    };
  }
}
