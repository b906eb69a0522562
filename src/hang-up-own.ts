/** Ends the calls of one workspace, and nobody else's. */
import type { CallSnapshot } from '../workflows/contract.ts';
import type { ActiveCall } from './active-calls.ts';
import { NotReadyError } from './call-errors.ts';
import type { CallManager, HangUpResult } from './call-manager.ts';

export interface HangUpOwn {
  workspaceId: string;
  /** Whether a call that does not say whose it is (it began before there were workspaces) is ours. */
  isOwn: (callId: string) => Promise<boolean>;
  /** Which of the calls are to be ended. */
  matches: (call: CallSnapshot) => boolean;
  /** Said before they are hung up. */
  message?: string;
}

type Manager = Pick<CallManager, 'listActive' | 'getCallStatus' | 'hangupCall'>;

/** So many are looked at and ended at the same time. */
const AT_ONCE = 20;
const ROUNDS = 5;

/**
 * Each call itself is asked whose it is: Temporal's list lags behind. It is read again until it shows
 * nothing new. What goes wrong with one call does not keep the others.
 * @throws {NotReadyError} when Temporal cannot be asked for the list.
 */
export async function hangUpOwn(manager: Manager, order: HangUpOwn): Promise<HangUpResult[]> {
  const results: HangUpResult[] = [];
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const open = await manager.listActive(order.workspaceId);
    const fresh = open.filter(({ callId }) => !seen.has(callId));
    if (fresh.length === 0) break;
    for (const { callId } of fresh) seen.add(callId);
    const work = async (): Promise<void> => {
      for (let call = fresh.shift(); call; call = fresh.shift()) {
        const result = await hangUpOne(manager, order, call);
        if (result) results.push(result);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  return results;
}

/** Undefined when it is not one of those that are meant. */
async function hangUpOne(
  manager: Manager,
  { workspaceId, isOwn, matches, message = '' }: HangUpOwn,
  listed: ActiveCall,
): Promise<HangUpResult | undefined> {
  const { callId } = listed;
  try {
    const call = await manager.getCallStatus(callId);
    if (!call || !matches(call)) return undefined;
    const owner = call.workspaceId ?? listed.workspaceId;
    const isOurs = owner === undefined ? await isOwn(callId) : owner === workspaceId;
    return isOurs ? await manager.hangupCall(callId, message) : undefined;
  } catch (error) {
    if (!(error instanceof NotReadyError)) throw error;
    return listed.workspaceId === workspaceId ? { callId, result: 'failed' } : undefined;
  }
}
