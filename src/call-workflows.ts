/** The workflows of calls, as the reconciler asks for them. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { CallWorkflows } from '../activities/ports.ts';
import { snapshotQuery, statusSignal } from '../workflows/contract.ts';
import { listActiveCalls } from './active-calls.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';

/** Temporal, or the worker that it asked, gave no answer in time. Trying again later may help. */
export class TemporalSilentError extends Error {
  override readonly name = 'TemporalSilentError';
  readonly messageIsSafe = true;

  constructor() {
    super('Temporal or its workers did not answer in time.');
  }
}

const ASK_MS = 5_000;
const LIST_MS = 30_000;

/** @param client must not repeat requests by itself, see `linkToTemporal`. */
export function createCallWorkflows(client: Client): CallWorkflows {
  const handle = (callId: string) => client.workflow.getHandle(callId);

  async function ask<T>(budgetMs: number, question: () => Promise<T>): Promise<T> {
    const answer = await persist(client, new Clock(budgetMs), question);
    if (answer === TIMED_OUT) throw new TemporalSilentError();
    return answer as T;
  }

  return {
    listOpen: () => ask(LIST_MS, () => listActiveCalls(client)),

    stateOf: async (callId) => {
      const found = await known(() => ask(ASK_MS, () => handle(callId).describe()));
      if (!found) return 'unknown';
      return found.status.name === 'RUNNING' ? 'open' : 'closed';
    },

    standing: (callId) =>
      known(async () => {
        const now = await ask(ASK_MS, () => handle(callId).query(snapshotQuery));
        return {
          isOver: now.status === 'ended',
          ...(now.callSid !== undefined && { callSid: now.callSid }),
        };
      }),

    tell: async (callId, status) => {
      await known(() => ask(ASK_MS, () => handle(callId).signal(statusSignal, status)));
    },
  };
}

/** A workflow that is not there, or not any more, is nothing. */
async function known<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
