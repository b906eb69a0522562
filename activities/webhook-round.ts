/**
 * One round of sending to one endpoint: takes what waits, the oldest first, never two of one call at once,
 * at most so many at once and per second, and stays a little for more.
 *
 * Killed at any place it leaves nothing half done: a row waits until its outcome is written, and what was
 * sent without that is sent again.
 */
import { setMaxListeners } from 'node:events';
import type { DispatchRound, EndpointRef } from '../workflows/webhook-contract.ts';
import { Bell } from './bell.ts';
import { persistOutcome } from './persist-outcome.ts';
import { Pacer } from './send-pace.ts';
import { Backlog } from './webhook-backlog.ts';
import { ReceiverHealth } from './webhook-health.ts';
import { isGone, standingAfter, standingOf, verdictOn } from './webhook-outcome.ts';
import type { QueuedDelivery, SendingEndpoint, WebhookDeps } from './webhook-ports.ts';
import { STANDINGS, Tally } from './webhook-tally.ts';

/** Nobody else looks after the endpoint for so long after the last sign of life. */
const BUSY_MS = 30_000;
const EXTEND_MS = 10_000;
/** News get lost with a connection. */
const LOOK_MS = 1_000;
const UNLIMITED = 1_000_000;

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
  readonly #backlog: Backlog;
  #health: ReceiverHealth;
  readonly #tally = new Tally();
  /** Whether what was read holds, and whether this is the only one that sends. */
  #isUnsure = false;
  #busyAt = Date.now();
  #extendedAt = 0;
  #error: unknown;

  constructor(deps: WebhookDeps, order: RoundOrder, signal: AbortSignal) {
    this.#deps = deps;
    this.#order = order;
    this.#signal = signal;
    this.#backlog = new Backlog(deps.queue, order);
    this.#health = new ReceiverHealth(deps.plan, 0);
  }

  async run(): Promise<DispatchRound> {
    const { onNews, stopping } = this.#deps;
    const endNews = onNews(this.#order.workspaceId, () => {
      this.#backlog.look();
      this.#bell.ring();
    });
    // Every round of this worker listens to the one, every request of this round to the other.
    setMaxListeners(0, stopping, this.#signal);
    stopping.addEventListener('abort', this.#bell.ring);
    this.#signal.addEventListener('abort', this.#bell.ring);
    try {
      await this.#begin();
      if (await this.#work()) return this.#end('idle');
      return await this.#finish();
    } finally {
      endNews();
      stopping.removeEventListener('abort', this.#bell.ring);
      this.#signal.removeEventListener('abort', this.#bell.ring);
    }
  }

  async #begin(): Promise<void> {
    const { plan, queue } = this.#deps;
    await this.#extend();
    const { failures = 0 } = (await queue.endpoint(this.#order)) ?? {};
    this.#health = new ReceiverHealth(plan, failures);
    await this.#read();
    if (!this.#backlog.endpoint) return;
    const orphans = await queue.orphans(this.#order, STANDINGS, this.#order.known);
    this.#tally.addOrphans(orphans.map(standingOf));
  }

  /** @returns whether nothing waits any more, and the endpoint was given back */
  async #work(): Promise<boolean> {
    try {
      while (this.#goesOn) {
        await this.#extend();
        if (this.#isOutOfDate) await this.#read();
        if (!this.#goesOn) break;
        const waitMs = this.#sendNext();
        if (waitMs === 0) continue;
        if (!this.#backlog.isEmpty) {
          this.#busyAt = Date.now();
        } else if (Date.now() - this.#busyAt >= this.#deps.plan.lingerMs) {
          if (!(await this.#deps.queue.release(this.#order, BUSY_MS))) return true;
          this.#backlog.look();
          this.#busyAt = Date.now();
          continue;
        }
        await this.#bell.wait(waitMs);
        if (waitMs === LOOK_MS) this.#backlog.look();
      }
    } catch (error) {
      // What is under way may yet be written: the database may be back before the round is over.
      this.#error ??= error;
    }
    return false;
  }

  async #finish(): Promise<DispatchRound> {
    while (this.#backlog.underWay > 0 && !this.#signal.aborted) await this.#bell.wait(LOOK_MS);
    if (this.#error !== undefined) throw this.#error;
    this.#signal.throwIfAborted();
    if (!this.#backlog.endpoint) return this.#leave();
    const until = this.#health.heldUntil;
    if (until <= Date.now()) return this.#end('more');
    await this.#deps.queue.hold(this.#order, until - Date.now() + BUSY_MS);
    return this.#end('hold', until);
  }

  get #goesOn(): boolean {
    return (
      this.#backlog.endpoint !== undefined &&
      this.#error === undefined &&
      !this.#isUnsure &&
      !this.#deps.stopping.aborted &&
      !this.#signal.aborted &&
      !this.#tally.isFull &&
      this.#health.heldUntil <= Date.now() &&
      Date.now() < Math.min(this.#startedAt + this.#deps.plan.roundMs, this.#tally.dueAt)
    );
  }

  /** While no more can be sent nobody looks: hundreds of receivers may never answer. */
  get #isOutOfDate(): boolean {
    const { atOnce } = this.#health;
    if (this.#backlog.underWay >= atOnce) return false;
    return this.#backlog.isOutOfDate(atOnce, this.#pacer.waitMs(performance.now()) === 0);
  }

  #read(): Promise<void> {
    return this.#backlog.read(this.#health.isDown);
  }

  async #extend(): Promise<void> {
    if (Date.now() - this.#extendedAt < EXTEND_MS) return;
    this.#extendedAt = Date.now();
    await this.#deps.queue.hold(this.#order, BUSY_MS);
  }

  /** @returns 0 when one was sent, else how long to wait for news */
  #sendNext(): number {
    const { next, endpoint, underWay } = this.#backlog;
    if (underWay >= this.#health.atOnce || !next || !endpoint) return LOOK_MS;
    const waitMs = this.#pacer.waitMs(performance.now());
    if (waitMs > 0) return waitMs;
    this.#pacer.started(performance.now(), endpoint.maxPerSecond);
    this.#backlog.begin(next);
    this.#tally.sent += 1;
    this.#send(endpoint, next)
      .catch((error: unknown) => {
        this.#error ??= error;
      })
      .finally(() => {
        this.#backlog.end(next);
        this.#bell.ring();
      });
    return 0;
  }

  async #send(endpoint: SendingEndpoint, delivery: QueuedDelivery): Promise<void> {
    const { sender, plan, queue, onAttempt } = this.#deps;
    const isProbe = this.#health.isDown;
    const result = await sender.send(endpoint, delivery.event, this.#signal);
    const outcome = verdictOn(result, delivery, plan);
    const settled = await this.#persist(() =>
      queue.settle(this.#order, delivery, {
        ...outcome,
        failuresAtMost: isProbe ? UNLIMITED : plan.downAfter,
      }),
    );
    if (!settled) {
      // It was ended meanwhile, or another one sends, too: a worker that was away may come back.
      this.#isUnsure = true;
      return;
    }
    onAttempt?.(result);
    this.#tally.add(standingAfter(delivery, outcome), settled.handedOver);
    if (outcome.status === 'succeeded') {
      this.#tally.succeeded += 1;
      this.#health.succeeded(settled.failures);
      if (isProbe) await this.#wakeRetries();
      return;
    }
    this.#health.failed(result, settled.failures);
    const failingMs = Date.now() - Date.parse(settled.failingSince ?? '');
    if (isGone(result.attempt)) await this.#disable('gone');
    else if (failingMs >= plan.disableAfterMs) await this.#disable('failing');
  }

  /** The receiver is back. */
  async #wakeRetries(): Promise<void> {
    await this.#persist(() => this.#deps.queue.wakeRetries(this.#order));
    // From now on in the order of the events again.
    this.#backlog.drop();
  }

  async #disable(reason: 'gone' | 'failing'): Promise<void> {
    const isNew = await this.#persist(() => this.#deps.queue.disable(this.#order, reason));
    this.#backlog.forget();
    if (isNew) this.#deps.onDisabled?.(this.#order.endpointId, reason);
  }

  #persist<T>(write: () => Promise<T>): Promise<T> {
    return persistOutcome(write, this.#signal);
  }

  /** What waits for an endpoint that is deleted or disabled fails. */
  async #leave(): Promise<DispatchRound> {
    await this.#deps.queue.endAll(this.#order);
    const again = await this.#deps.queue.release(this.#order, BUSY_MS);
    return this.#end(again ? 'more' : 'gone');
  }

  #end(next: DispatchRound['next'], untilMs?: number): DispatchRound {
    return this.#tally.round(next, this.#health.failures, untilMs);
  }
}
