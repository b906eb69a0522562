/** Opens what the API needs for calls: a way to Temporal. */
import type { Client } from '@temporalio/client';
import { CallManager } from '../../../call-manager.ts';
import type { Config } from '../../../config.ts';
import { createEraseOrders } from '../../../erase-orders.ts';
import type { CallParts } from './calls.ts';

/** Whoever places a call over HTTP is told soon that it cannot be placed now. */
const READY_MS = 5_000;

/** @param client must not repeat requests by itself, see `linkToTemporal` */
export function openCalls({ twilio, temporal }: Config, client: Client): CallParts {
  const { uiUrl: url, namespace } = temporal;
  return {
    manager: new CallManager({
      client,
      accountSid: twilio.accountSid,
      fromNumber: twilio.phoneNumber,
      readyTimeoutMs: READY_MS,
    }),
    erase: createEraseOrders(client),
    ...(url !== undefined && { temporalUi: { url, namespace } }),
  };
}
