import { beating } from './heartbeat.ts';
import { FINAL_STATUSES } from '../workflows/contract.ts';
import { compareCalls } from './compare-calls.ts';
import type { Comparison, Difference, Parties } from './compare-calls.ts';
import type { CallWorkflows, Carrier, CarrierLine } from './ports.ts';

/** What was done about a difference; `agreed`: it was none any more. */
export type Settlement = 'told' | 'hung-up' | 'begun' | 'agreed';

export interface ReconcileDeps extends Parties {
  carrier: Pick<Carrier, 'fetchCall' | 'hangUp'>;
  line: CarrierLine;
  workflows: CallWorkflows;
  /** Called for each difference that was settled, to be logged and counted. */
  onSettled(settlement: Settlement, call: { callId: string; callSid: string }): void;
}

/** Keeps our calls and Twilio's the same. Nothing here ever places a call. */
export function createReconciler(deps: ReconcileDeps) {
  return {
    /** @throws when Twilio or Temporal cannot be asked. */
    async compareCalls({ graceMs }: { graceMs: number }): Promise<Comparison> {
      return beating(() => compareCalls(deps, graceMs));
    },

    /** Looks once more, then acts; twice does no harm. @throws as above. */
    async settleCall(difference: Difference): Promise<Settlement> {
      const settlement = await beating(() => settleDifference(deps, difference));
      deps.onSettled(settlement, difference);
      return settlement;
    },
  };
}

export type ReconcileActivities = ReturnType<typeof createReconciler>;

/**
 * What two looks have found is looked at once more, right before it is settled.
 * @throws when Twilio or Temporal cannot be asked.
 */
export async function settleDifference(
  deps: Omit<ReconcileDeps, 'onSettled'>,
  { kind, callId, callSid }: Difference,
): Promise<Settlement> {
  const { carrier, line, workflows } = deps;
  const view = await carrier.fetchCall(callSid);
  const isOver = !view || FINAL_STATUSES.includes(view.status);
  if (kind === 'over-at-twilio') {
    if (!isOver) return 'agreed';
    await workflows.tell(callId, {
      callSid,
      callStatus: view?.status ?? 'failed', // one that Twilio does not know could not be kept
      ...(view?.durationSeconds !== undefined && { durationSeconds: view.durationSeconds }),
    });
    return 'told';
  }
  if (isOver) return 'agreed';
  const state = await workflows.stateOf(callId);
  if (kind === 'closed-here') {
    if (state !== 'closed') return 'agreed';
    await carrier.hangUp(callSid);
    return 'hung-up';
  }
  if (state !== 'unknown' || view.status !== 'in-progress') return 'agreed';
  await line.beginAgain(callSid);
  return 'begun';
}
