/** Gives orders to erase; the workers carry them out, whatever becomes of who has asked. */
import type { Client } from '@temporalio/client';
import { TASK_QUEUE } from '../workflows/contract.ts';
import type { CallToErase, SessionToErase } from '../workflows/erase.ts';
import type { eraseCall, eraseSession } from '../workflows/erase.ts';
import { NotReadyError } from './call-errors.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';

export interface EraseOrders {
  /** Asked again meanwhile, it is one order. @throws {NotReadyError} when Temporal does not answer. */
  call(call: CallToErase): Promise<void>;
  /** As above. */
  session(session: SessionToErase): Promise<void>;
}

const ASK_MS = 10_000;

export function createEraseOrders(client: Client, taskQueue: string = TASK_QUEUE): EraseOrders {
  const once = {
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  } as const;
  const start = async (order: () => Promise<unknown>): Promise<void> => {
    const answer = await persist(client, new Clock(ASK_MS), order);
    if (answer === TIMED_OUT) throw new NotReadyError('Temporal does not answer.');
  };
  return {
    call: (call) =>
      start(() =>
        client.workflow.start<typeof eraseCall>('eraseCall', {
          ...once,
          workflowId: `erase-${call.callId}`,
          args: [call],
          staticSummary: 'Erase a call',
        }),
      ),
    session: (session) =>
      start(() =>
        client.workflow.start<typeof eraseSession>('eraseSession', {
          ...once,
          workflowId: `erase-${session.sessionId}`,
          args: [session],
          staticSummary: 'Erase a session',
        }),
      ),
  };
}
