/** What the workflow of an endpoint is told of one round of sending. */
import type { DeliveryStanding, DispatchRound } from '../workflows/webhook-contract.ts';

/** So many workflows are started or told at most after one round. */
export const STANDINGS = 100;

export class Tally {
  sent = 0;
  succeeded = 0;
  readonly #fresh: DeliveryStanding[] = [];
  readonly #held: DeliveryStanding[] = [];
  #dueAt = Infinity;

  /** When the first of what has failed is due again, in milliseconds since 1970: its workflow must know. */
  get dueAt(): number {
    return this.#dueAt;
  }

  get isFull(): boolean {
    return this.#fresh.length + this.#held.length >= STANDINGS;
  }

  /** They have no workflow yet, from rounds that were broken off. */
  addOrphans(orphans: readonly DeliveryStanding[]): void {
    this.#fresh.push(...orphans);
  }

  /** @param handedOver it has a workflow */
  add(standing: DeliveryStanding, handedOver: boolean): void {
    if (standing.nextAt !== undefined) {
      this.#dueAt = Math.min(this.#dueAt, Date.parse(standing.nextAt));
    }
    if (handedOver) this.#held.push(standing);
    else if (standing.status === 'retrying') this.#fresh.push(standing);
  }

  /** @param untilMs since 1970 */
  round(next: DispatchRound['next'], failures: number, untilMs?: number): DispatchRound {
    return {
      next,
      ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
      sent: this.sent,
      succeeded: this.succeeded,
      failures,
      fresh: this.#fresh,
      held: this.#held,
    };
  }
}
