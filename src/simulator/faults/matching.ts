/** Which faults of a script meet a webhook. The same for the same seed, whatever the timing. */
import type { OutgoingWebhook } from '../webhook-tap.ts';
import { isCallerFault } from './fault-script.ts';
import type { Fault, WebhookFault } from './fault-script.ts';
import { seededRandom } from './random.ts';

const DISTURBED: readonly string[] = ['voice', 'action', 'redirect', 'fallback', 'status'];

export class FaultMatcher {
  readonly #seed: string;
  readonly #faults: readonly Fault[];
  /** How many webhooks of a call each fault could have met. */
  readonly #seen = new Map<string, number>();
  /** A webhook's faults are decided once, for all its attempts. */
  readonly #decided = new Map<string, WebhookFault[]>();

  /** @param faults may become more; a fault keeps its place. */
  constructor(seed: string, faults: readonly Fault[]) {
    this.#seed = seed;
    this.#faults = faults;
  }

  /** @param call its number among the calls of this simulator, from 1 */
  faultsOf(webhook: OutgoingWebhook, call: number): readonly WebhookFault[] {
    const known = this.#decided.get(webhook.requestId);
    if (known) return known;
    const met = this.#faults.filter(
      (fault, at): fault is WebhookFault =>
        !isCallerFault(fault) && this.#meets(fault, at, webhook, call),
    );
    this.#decided.set(webhook.requestId, met);
    return met;
  }

  #meets(fault: WebhookFault, at: number, webhook: OutgoingWebhook, call: number): boolean {
    if (!DISTURBED.includes(webhook.purpose)) return false;
    if (fault.call !== undefined && fault.call !== call) return false;
    if (fault.webhook !== undefined && fault.webhook !== webhook.purpose) return false;
    if (fault.status !== undefined && fieldOf(webhook, 'CallStatus') !== fault.status) return false;
    const place = `${call} ${at}`;
    const nth = (this.#seen.get(place) ?? 0) + 1;
    this.#seen.set(place, nth);
    if (fault.nth !== undefined && fault.nth !== nth) return false;
    const { chance } = fault;
    return chance === undefined || seededRandom(this.#seed, call, at, nth).chance(chance);
  }
}

export function fieldOf({ fields }: OutgoingWebhook, name: string): string | undefined {
  return fields.find(([key]) => key === name)?.[1];
}
