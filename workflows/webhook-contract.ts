/**
 * What is said to the workflows that send events to customers' servers. Both sides import this file. None
 * of it holds a URL, a body or anything personal: ids alone, the rest is read from the database.
 */
import { defineSignal } from '@temporalio/workflow';

/** Their workflows and activities have a queue of their own: receivers never take slots from calls. */
export const WEBHOOK_QUEUE = 'voca-webhooks';
export const DISPATCH_WORKFLOW = 'dispatchWebhooks';
export const DELIVERY_WORKFLOW = 'deliverWebhook';

export interface EndpointRef {
  workspaceId: string;
  endpointId: string;
}

export interface DeliveryRef extends EndpointRef {
  deliveryId: string;
}

export interface TakeUpOrder extends DeliveryRef {
  /** This time has come, whatever the clock of the database says. RFC 3339. */
  dueAt?: string;
}

/** Where a delivery stands after its newest attempt. */
export interface DeliveryStanding {
  deliveryId: string;
  eventType: string;
  /** `gone`: there is no such delivery any more. */
  status: 'pending' | 'retrying' | 'succeeded' | 'failed' | 'gone';
  /** How many were made. */
  attempts: number;
  /** What the newest one came to: the status of the answer, or why there was none. */
  result?: string;
  /** When the next one is due, RFC 3339; while it is `retrying`. */
  nextAt?: string;
}

/** What a dispatcher is told of one round of sending. */
export interface DispatchRound {
  /**
   * `more`: its time is up, or its worker stops. `idle`: nothing waits, and the next who finds something
   * starts the dispatcher. `hold`: nothing is to be sent before `until`. `gone`: the endpoint is deleted or
   * disabled, and nothing waits for it.
   */
  next: 'more' | 'idle' | 'hold' | 'gone';
  /** RFC 3339. */
  until?: string;
  sent: number;
  succeeded: number;
  /** Attempts in a row that have failed. */
  failures: number;
  /** Deliveries whose retries need a workflow. */
  fresh: DeliveryStanding[];
  /** Deliveries that have one, which is to be told. */
  held: DeliveryStanding[];
}

/** Something waits for the endpoint, or may be tried at once. */
export const wakeSignal = defineSignal('wake');
/** An attempt was made. */
export const settledSignal = defineSignal<[DeliveryStanding]>('settled');

export function dispatcherId(endpointId: string): string {
  return `dispatch-${endpointId}`;
}
