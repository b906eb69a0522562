/**
 * Places, ends and looks at calls. It holds no state: Temporal is asked.
 */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { CallInput, CallSnapshot } from '../workflows/contract.ts';
import { CALL_WORKFLOW, endUpdate, snapshotQuery, TASK_QUEUE } from '../workflows/contract.ts';
import { listActiveCalls, type ActiveCall } from './active-calls.ts';
import { CallRequestError, CallUnclearError, NotReadyError } from './call-errors.ts';
import { isId, newId } from './ids.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';
import { callStartOptions } from './temporal/start-options.ts';

export { CallRequestError, CallUnclearError, NotReadyError, type ActiveCall };

/** What a call that is placed may be told. */
export interface CallOptions {
  /**
   * Chosen by whoever places it, such as by what a repeated request has in common with the first: of
   * one id there is one call, however often and however late it is asked for.
   */
  callId?: string;
  assistantId?: string;
  /** Whose call it is. */
  workspaceId?: string;
  /** What stands for `{{name}}` in the assistant's texts. */
  variables?: Record<string, string>;
  metadata?: Record<string, string>;
  /** A number of ours, E.164; the usual one without. */
  from?: string;
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
   * marked (`dial: 'unclear'`) and never dialled again. A call whose id is there already, under way or
   * over, is not placed again: what it says is returned.
   * @throws {CallRequestError} when `to` or `from` is no telephone number; {NotReadyError} when it
   * cannot be placed now and was not (by this request: with a `callId`, an earlier one may have placed
   * it); {CallUnclearError} when it is not known whether it was.
   */
  async makeCall(to: string, options: CallOptions = {}): Promise<CallSnapshot> {
    const { callId = newId('call'), from = this.#options.fromNumber, ...rest } = options;
    checkNumber(to);
    checkNumber(from);
    if (!isId('call', callId)) throw new CallRequestError('A call id looks like call_0V…');
    const isThere = options.callId !== undefined && (await this.#exists(callId));
    if (!isThere) await this.waitUntilReady();
    try {
      if (!isThere) await this.#start({ ...rest, callId, from, to });
      return await this.#whenDialled(callId);
    } catch (error) {
      // From the moment Temporal was asked, the call may be on its way.
      if (error instanceof NotReadyError) throw new CallUnclearError(callId);
      throw error;
    }
  }

  /** Starts the workflow of an outbound call, unless there is or was one of that id. */
  async #start(call: Omit<CallInput, 'direction' | 'accountSid'>): Promise<void> {
    const { accountSid, taskQueue } = this.#options;
    const options = callStartOptions({ ...call, direction: 'outbound', accountSid }, taskQueue);
    try {
      await this.#ask(() =>
        this.#client.workflow.start(CALL_WORKFLOW, {
          ...options,
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
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

  /**
   * The calls that are not over, newest first.
   * @param workspaceId leaves out those that are known to be another workspace's
   */
  async listActive(workspaceId?: string): Promise<ActiveCall[]> {
    return this.#ask(() => listActiveCalls(this.#client, workspaceId));
  }

  /** Whether the call's workflow is there and goes on; also for a while after the call is over. */
  async isOpen(callId: string): Promise<boolean> {
    try {
      const { status } = await this.#ask(() => this.#handle(callId).describe());
      return status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  async #whenDialled(callId: string): Promise<CallSnapshot> {
    const clock = new Clock(DIAL_MS);
    for (;;) {
      const snapshot = await this.getCallStatus(callId);
      const isSettled = snapshot?.dial !== undefined || snapshot?.status === 'ended';
      if (snapshot && (isSettled || clock.leftMs() === 0)) return snapshot;
      if (!snapshot) throw new CallUnclearError(callId); // erased meanwhile
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
