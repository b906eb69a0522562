/**
 * What one round has read of its endpoint, and what it has under way: the oldest first, and of one lane only
 * one at a time.
 */
import type { EndpointRef } from '../workflows/webhook-contract.ts';
import type { QueuedDelivery, SendingEndpoint, WebhookDeps } from './webhook-ports.ts';

/** Read at once: about what is sent in two seconds. Events may be large, and are read anew every second. */
const BATCH = { least: 25, most: 100, seconds: 2 };
const OLD_MS = 1_000;

export class Backlog {
  readonly #queue: Pick<WebhookDeps['queue'], 'endpoint' | 'pending'>;
  readonly #order: EndpointRef;
  readonly #underWay = new Map<string, QueuedDelivery>();
  #waiting: QueuedDelivery[] = [];
  #endpoint: SendingEndpoint | undefined;
  #mayBeMore = true;
  #readAt = 0;

  constructor(queue: Pick<WebhookDeps['queue'], 'endpoint' | 'pending'>, order: EndpointRef) {
    this.#queue = queue;
    this.#order = order;
  }

  /** Undefined: nothing is to be sent to it (any more). */
  get endpoint(): SendingEndpoint | undefined {
    return this.#endpoint;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  get isEmpty(): boolean {
    return this.#underWay.size === 0 && this.#waiting.length === 0;
  }

  /** More may have been written. */
  look(): void {
    this.#mayBeMore = true;
  }

  /** What waits is to be read anew: what is next is another one now. */
  drop(): void {
    this.#waiting = [];
    this.#mayBeMore = true;
  }

  /** The endpoint is disabled. */
  forget(): void {
    this.#endpoint = undefined;
  }

  /** @param wanted so many can be sent @param isDue one could be sent at this moment */
  isOutOfDate(wanted: number, isDue: boolean): boolean {
    const isBlocked = this.#nextAt === -1;
    if (this.#mayBeMore && (isBlocked || this.#waiting.length < wanted)) return true;
    // What is not sent at this moment may be as old as it likes.
    return isDue && !isBlocked && Date.now() - this.#readAt >= OLD_MS;
  }

  /**
   * What waits is read anew, and the endpoint, too: its owner may have changed it, or have given up what
   * was read before.
   * @param isProbe the receiver is down, and one is wanted to see whether it is back
   */
  async read(isProbe: boolean): Promise<void> {
    this.#mayBeMore = false;
    this.#readAt = Date.now();
    // Of what is under way now, the answer may not know yet that it is done.
    const known = new Set(this.#underWay.keys());
    const limit = this.#batch + known.size;
    const [endpoint, found] = await Promise.all([
      this.#queue.endpoint(this.#order),
      this.#queue.pending(this.#order, limit, isProbe),
    ]);
    this.#endpoint = endpoint;
    this.#waiting = found.filter((each) => !known.has(each.deliveryId));
    if (found.length === limit) this.#mayBeMore = true;
  }

  /** The next that may be sent. */
  get next(): QueuedDelivery | undefined {
    return this.#waiting[this.#nextAt];
  }

  /** It is under way from now on. */
  begin(delivery: QueuedDelivery): void {
    this.#waiting = this.#waiting.filter((each) => each !== delivery);
    this.#underWay.set(delivery.deliveryId, delivery);
  }

  end({ deliveryId }: QueuedDelivery): void {
    this.#underWay.delete(deliveryId);
  }

  /** The oldest whose lane is free; -1: there is none. */
  get #nextAt(): number {
    const lanes = new Set([...this.#underWay.values()].map(({ lane }) => lane));
    return this.#waiting.findIndex(({ lane }) => lane === undefined || !lanes.has(lane));
  }

  get #batch(): number {
    const { least, most, seconds } = BATCH;
    return Math.min(most, Math.max(least, seconds * (this.#endpoint?.maxPerSecond ?? 0)));
  }
}
