/**
 * Starts the dispatchers of endpoints for which something waits and that nobody sees to. It looks whenever
 * PostgreSQL says that there is something, and every few seconds all the same: a notice may be lost, and
 * whoever has taken an endpoint may die before its dispatcher has heard of it.
 *
 * That nothing is left lying: a dispatcher gives its endpoint back first and looks then whether something
 * waits. What was committed before that look it finds itself; of what is committed later the notice comes
 * when the endpoint is given back already, so a waker takes it, and signals. A signal that reaches a
 * dispatcher while it ends keeps it from ending; one that comes later starts it anew.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Bell } from '../../activities/bell.ts';
import type { EndpointRef } from '../../workflows/webhook-contract.ts';
import type { DispatchClaims } from '../db/dispatch-claims.ts';
import type { Log } from '../log.ts';

export interface WakerOptions {
  claims: DispatchClaims;
  /** Starts its dispatcher, or tells it to look. */
  wake: (endpoint: EndpointRef) => Promise<void>;
  log: Log;
}

export interface Waker {
  /** Something may wait. */
  look: () => void;
  stop: () => Promise<void>;
}

const LOOK_MS = 2_000;
/** Many events come at once: they are one look. */
const PAUSE_MS = 10;
const RESCUE_MS = 60_000;
/** Few: who comes later and answers well stands in front of all that are not yet begun with. */
const AT_ONCE = 16;
/** A dispatcher that begins to send takes the endpoint for itself. */
const CLAIM_MS = 10_000;

export function startWaker(options: WakerOptions): Waker {
  const running = new Running(options);
  const ended = running.run();
  return {
    look: running.look,
    stop: () => {
      running.stop();
      return ended;
    },
  };
}

class Running {
  readonly #options: WakerOptions;
  readonly #bell = new Bell();
  readonly #waking = new Set<Promise<void>>();
  /** More waits than could be begun with. */
  #isMore = false;
  #isStopped = false;
  #isAway = false;
  #rescuedAt = 0;

  constructor(options: WakerOptions) {
    this.#options = options;
  }

  look = (): void => {
    this.#bell.ring();
  };

  stop(): void {
    this.#isStopped = true;
    this.#bell.ring();
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#take().catch(this.#failed);
      await this.#bell.wait(LOOK_MS);
      if (!this.#isStopped) await delay(PAUSE_MS);
    }
    await Promise.all(this.#waking);
  }

  async #take(): Promise<void> {
    const { claims } = this.#options;
    if (Date.now() - this.#rescuedAt > RESCUE_MS) {
      this.#rescuedAt = Date.now();
      await claims.rescue();
    }
    const free = AT_ONCE - this.#waking.size;
    this.#isMore = true;
    // Each look costs a statement: it waits until several can be begun with.
    if (free < AT_ONCE / 2) return;
    const claimed = await claims.claim(free, CLAIM_MS);
    this.#isMore = claimed.length === free;
    for (const endpoint of claimed) this.#wake(endpoint);
  }

  /** One that takes long holds up no other. */
  #wake(endpoint: EndpointRef): void {
    const waking = this.#options
      .wake(endpoint)
      .then(() => {
        this.#isAway = false;
      }, this.#failed)
      .finally(() => {
        this.#waking.delete(waking);
        if (this.#isMore && this.#waking.size <= AT_ONCE / 2) this.look();
      });
    this.#waking.add(waking);
  }

  #failed = (error: unknown): void => {
    const { log } = this.#options;
    if (!this.#isAway) log.warn('webhooks wait: their dispatchers cannot be started', { error });
    this.#isAway = true;
  };
}
