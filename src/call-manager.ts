/**
 * Places, ends and looks at calls. It holds no state: Temporal is asked.
 */
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { CallSnapshot, Direction } from '../workflows/contract.ts';
import {
  CALL_WORKFLOW,
  endUpdate,
  SEARCH_ATTRIBUTES,
  snapshotQuery,
  TASK_QUEUE,
} from '../workflows/contract.ts';
import { newId } from './ids.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';
import { callStartOptions } from './temporal/start-options.ts';

/** Temporal, its workers or the language models are not there. Trying again later may help. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  readonly messageIsSafe = true;
}

/**
 * The call may have been placed, now or later: look at it by its id before calling again.
 */
export class CallUnclearError extends Error {
  override readonly name = 'CallUnclearError';
  readonly messageIsSafe = true;
  readonly callId: string;

  constructor(callId: string) {
    super(
      `It is not known whether ${callId} was or will be placed: look at its status before calling again.`,
    );
    this.callId = callId;
  }
}

/** What was asked for cannot be done; trying again does not help. */
export class CallRequestError extends Error {
  override readonly name = 'CallRequestError';
  readonly messageIsSafe = true;
}

export interface ActiveCall {
  callId: string;
  direction: Direction;
  status: string;
  startedAt: string;
}

export interface HangUpResult {
  callId: string;
  /** `failed`: Temporal or its workers did not answer; whether it ended is not known. */
  result: 'ended' | 'was-over' | 'unknown' | 'failed';
}

export interface CallManagerOptions {
  client: Client;
  /** Twilio's account, and the number of ours that calls are placed from. */
  accountSid: string;
  fromNumber: string;
  /** How long to wait for Temporal, a worker and its models, in milliseconds. */
  readyTimeoutMs?: number;
  /** Where calls are worked on; left out for the usual one. */
  taskQueue?: string;
}

/** E.164: a plus, and up to 15 digits that do not begin with 0. */
const E164 = /^\+[1-9]\d{6,14}$/;
const ASK_MS = 10_000;
const DIAL_MS = 30_000;
const LOOK_AGAIN_MS = 100;
const LIST_ROUNDS = 5;
/** So many calls are ended at the same time. */
const HANG_UP_BATCH = 20;

export class CallManager {
  readonly #options: CallManagerOptions;

  constructor(options: CallManagerOptions) {
    this.#options = options;
  }

  /**
   * Waits until a worker lives and its language models answer.
   * @throws {NotReadyError} when they do not in time.
   */
  async waitUntilReady(): Promise<void> {
    const timeoutMs = this.#options.readyTimeoutMs ?? 30_000;
    const clock = new Clock(timeoutMs);
    const asked = await persist(this.#client, clock, () =>
      this.#client.workflow.execute('modelsReady', {
        taskQueue: this.#options.taskQueue ?? TASK_QUEUE,
        workflowId: `ready-${newId('req')}`,
        workflowExecutionTimeout: timeoutMs,
        staticSummary: 'Are a worker and its models ready?',
      }),
    ).catch((error: unknown) => {
      if (error instanceof WorkflowFailedError) return TIMED_OUT;
      throw error;
    });
    if (asked === TIMED_OUT) {
      throw new NotReadyError('No worker with a language model that answers was found in time.');
    }
  }

  /**
   * Places a call. Its workflow exists before Twilio is asked, once, to dial; an unclear outcome is
   * marked (`dial: 'unclear'`) and never dialled again.
   * @throws {CallRequestError} when `to` is no telephone number; {NotReadyError} when it cannot be
   * placed now and was not; {CallUnclearError} when it is not known whether it was.
   */
  async makeCall(to: string, options: { assistantId?: string } = {}): Promise<CallSnapshot> {
    checkNumber(to);
    await this.waitUntilReady();
    const callId = newId('call');
    const start = callStartOptions(
      {
        callId,
        direction: 'outbound',
        accountSid: this.#options.accountSid,
        from: this.#options.fromNumber,
        to,
        ...options,
      },
      this.#options.taskQueue,
    );
    try {
      await this.#ask(() =>
        this.#client.workflow.start(CALL_WORKFLOW, {
          ...start,
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      );
      return await this.#whenDialled(callId);
    } catch (error) {
      // From the moment Temporal was asked, the call may be on its way.
      if (error instanceof NotReadyError) throw new CallUnclearError(callId);
      throw error;
    }
  }

  /** Ends a call in order, after `message` if given. One that is over already is a success. */
  async hangupCall(callId: string, message = ''): Promise<HangUpResult> {
    try {
      await this.#ask(() =>
        this.#handle(callId).executeUpdate(endUpdate, {
          args: [{ reason: 'operator', message }],
          updateId: 'end',
        }),
      );
      return { callId, result: 'ended' };
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      return { callId, result: (await this.#exists(callId)) ? 'was-over' : 'unknown' };
    }
  }

  /** Ends several calls; what goes wrong with one does not keep the others. */
  async hangupCalls(callIds: string[], message = ''): Promise<HangUpResult[]> {
    const results: HangUpResult[] = [];
    for (let i = 0; i < callIds.length; i += HANG_UP_BATCH) {
      const batch = callIds.slice(i, i + HANG_UP_BATCH).map(async (callId): Promise<HangUpResult> =>
        this.hangupCall(callId, message).catch((error: unknown) => {
          if (!(error instanceof NotReadyError)) throw error;
          return { callId, result: 'failed' };
        }),
      );
      results.push(...(await Promise.all(batch)));
    }
    return results;
  }

  /**
   * Ends every call: queued, ringing and live. Temporal's list lags behind a little, so it is read
   * again until it shows nothing new.
   */
  async hangupAllCalls(message = ''): Promise<HangUpResult[]> {
    const results = new Map<string, HangUpResult>();
    for (let round = 0; round < LIST_ROUNDS; round += 1) {
      const open = (await this.listActive()).map(({ callId }) => callId);
      const fresh = open.filter((callId) => !results.has(callId));
      if (fresh.length === 0) break;
      for (const each of await this.hangupCalls(fresh, message)) results.set(each.callId, each);
    }
    return [...results.values()];
  }

  /** The call as it stands, or as it ended; undefined when there is no such call. */
  async getCallStatus(callId: string): Promise<CallSnapshot | undefined> {
    try {
      return await this.#ask(() => this.#handle(callId).query(snapshotQuery));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** The calls that are not over, newest first. */
  async listActive(): Promise<ActiveCall[]> {
    const { status } = SEARCH_ATTRIBUTES;
    const query =
      `WorkflowType = '${CALL_WORKFLOW}' AND ExecutionStatus = 'Running' ` +
      `AND ${status.name} != 'ended'`;
    return this.#ask(async () => {
      const calls: ActiveCall[] = [];
      for await (const info of this.#client.workflow.list({ query }))
        calls.push(toActiveCall(info));
      return calls;
    });
  }

  async #whenDialled(callId: string): Promise<CallSnapshot> {
    const clock = new Clock(DIAL_MS);
    for (;;) {
      const snapshot = await this.getCallStatus(callId);
      const isSettled = snapshot?.dial !== undefined || snapshot?.status === 'ended';
      if (snapshot && (isSettled || clock.leftMs() === 0)) return snapshot;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  async #exists(callId: string): Promise<boolean> {
    try {
      await this.#ask(() => this.#handle(callId).describe());
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    const answer = await persist(this.#client, new Clock(ASK_MS), ask);
    if (answer === TIMED_OUT) throw new NotReadyError('Temporal or its workers do not answer.');
    return answer as T;
  }

  #handle(callId: string) {
    return this.#client.workflow.getHandle(callId);
  }

  get #client(): Client {
    return this.#options.client;
  }
}

/** @throws {CallRequestError} when it is no telephone number. */
export function checkNumber(number: string): void {
  if (E164.test(number)) return;
  throw new CallRequestError('The number must be in E.164 form, such as +14155550100.');
}

function toActiveCall(info: WorkflowExecutionInfo): ActiveCall {
  const { status, direction } = SEARCH_ATTRIBUTES;
  return {
    callId: info.workflowId,
    direction: (info.typedSearchAttributes.get(direction) ?? 'inbound') as Direction,
    status: info.typedSearchAttributes.get(status) ?? 'unknown',
    startedAt: info.startTime.toISOString(),
  };
}
