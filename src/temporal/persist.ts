import { setMaxListeners } from 'node:events';
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MOVED } from '../../workflows/contract.ts';

/** How long somebody can wait. One clock serves all the questions of one webhook. */
export class Clock {
  readonly #endsAt: number;

  constructor(budgetMs: number) {
    this.#endsAt = performance.now() + budgetMs;
  }

  leftMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }
}

export const TIMED_OUT = Symbol('timed out');

const PAUSE_MS = 100;

/** gRPC codes of a request that is wrong however often it is made: INVALID_ARGUMENT and so on. */
const OUR_FAULT = new Set([3, 7, 12, 16]);

/**
 * Asks Temporal until it answers or the clock has run out. A question that ran out of time may
 * still be carried out: the answer is unknown, never "not done".
 *
 * The timer is our own. A deadline given to gRPC came back 1.5 s late while the server was down.
 * @throws whatever is no failure of the line: the call is not found, the update was refused.
 */
export async function persist<T>(
  client: Client,
  clock: Clock,
  ask: () => Promise<T>,
): Promise<T | typeof TIMED_OUT> {
  const giveUp = new AbortController();
  setMaxListeners(0, giveUp.signal); // each try listens once
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<typeof TIMED_OUT>((resolve) => {
    timer = setTimeout(() => {
      resolve(TIMED_OUT);
      giveUp.abort(); // otherwise nothing is under way any more
    }, clock.leftMs());
  });
  try {
    return await Promise.race([askAgainAndAgain(client, giveUp.signal, ask), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function askAgainAndAgain<T>(
  client: Client,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T | typeof TIMED_OUT> {
  while (!signal.aborted) {
    try {
      return await client.withAbortSignal(signal, ask);
    } catch (error) {
      if (signal.aborted) break;
      if (!isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  return TIMED_OUT;
}

/** The line or the server failed, or the call goes on in a new run: the same question again. */
function isPassing(error: unknown): boolean {
  if (error instanceof WorkflowUpdateFailedError) {
    return error.cause instanceof ApplicationFailure && error.cause.type === MOVED;
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  const raw = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(raw) && !OUR_FAULT.has(raw.code);
}
