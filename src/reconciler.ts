/** The real parts behind the reconciler, and what starts it. */
import type { Client } from '@temporalio/client';
import { createReconciler } from '../activities/reconcile.ts';
import type { ReconcileActivities } from '../activities/reconcile.ts';
import type { CallIndex, Carrier, CarrierLine } from '../activities/ports.ts';
import type { Config } from './config.ts';
import { inboundCallId } from './ids.ts';
import type { Log } from './log.ts';
import { createCallWorkflows } from './call-workflows.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';
import { keepReconcileSchedule } from './temporal/schedules.ts';

export interface ReconcilerParts {
  carrier: Carrier;
  line: CarrierLine;
  index: CallIndex;
}

const SCHEDULE_MS = 30_000;

/** @param client must not repeat requests by itself, see `linkToTemporal`. */
export function buildReconciler(
  { twilio }: Config,
  log: Log,
  { carrier, line, index }: ReconcilerParts,
  client: Client,
): ReconcileActivities {
  return createReconciler({
    carrier,
    line,
    index,
    workflows: createCallWorkflows(client),
    ownNumber: twilio.phoneNumber,
    inboundCallId: (callSid) => inboundCallId(twilio.accountSid, callSid),
    onSettled: (outcome, { callId, callSid }) =>
      log.warn('Twilio and a call did not agree; settled', { callId, callSid, outcome }),
  });
}

/** Calls do not wait for it, and one worker is enough to get it done. */
export function scheduleReconciler({ workers }: Config, log: Log, client: Client): void {
  persist(client, new Clock(SCHEDULE_MS), () => keepReconcileSchedule(client, workers.reconcileMs))
    .then((done) => {
      if (done === TIMED_OUT) log.warn('the schedule of the reconciler was not looked at');
    })
    .catch((error: unknown) => {
      log.error('the schedule of the reconciler could not be made', { error });
    });
}
