/** What webhooks ask of a call's workflow, each question within the time that its webhook has left. */
import {
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type {
  CallInput,
  CallSnapshot,
  Heard,
  StatusSignal,
  Step,
  TurnKey,
} from '../workflows/contract.ts';
import {
  beginUpdate,
  CALL_WORKFLOW,
  heardQuery,
  snapshotQuery,
  spokeSignal,
  statusSignal,
  turnUpdate,
} from '../workflows/contract.ts';
import { reconnectUpdate } from '../workflows/stream-contract.ts';
import type { FindAhead } from './assistant-ahead.ts';
import type { Clock, TIMED_OUT } from './temporal/persist.ts';
import { persist } from './temporal/persist.ts';
import { callStartOptions } from './temporal/start-options.ts';
import { inSpan } from './tracing/trace.ts';

/** `not-found`: Temporal does not know the call, or no longer. */
export type Told<T> = T | 'not-found' | typeof TIMED_OUT;

type CallAtTwilio = CallInput & { callSid: string };

/** With less left of a webhook's time nothing is read ahead: it takes 0.7 s at most. */
const FIND_AHEAD_MS = 2_000;

export interface GatewayOptions {
  /** Where calls are worked on; left out for the usual one. */
  taskQueue?: string;
  /** Reads who answers before an inbound call is started; left out: the call's workflow reads it. */
  findAhead?: FindAhead;
}

export class CallQuestions {
  readonly #client: Client;
  readonly #taskQueue: string | undefined;
  readonly #findAhead: FindAhead;

  constructor(client: Client, { taskQueue, findAhead }: GatewayOptions = {}) {
    this.#client = client;
    this.#taskQueue = taskQueue;
    this.#findAhead = findAhead ?? (async () => undefined);
  }

  /**
   * Asks for the first step; an inbound call's workflow is started by it.
   * @throws WorkflowExecutionAlreadyStartedError when the workflow of an inbound call is over
   */
  async begin(call: CallAtTwilio, clock: Clock): Promise<Told<Step>> {
    const { callId, callSid, direction, from, to } = call;
    const update = { args: [{ callSid }] as [{ callSid: string }], updateId: 'begin' };
    if (direction === 'outbound') {
      const ask = () => this.#handle(callId).executeUpdate(beginUpdate, update);
      return asking('begin', { callId }, () => this.#ask(clock, ask));
    }
    const isTime = clock.leftMs() > FIND_AHEAD_MS;
    const found = isTime ? await this.#findAhead({ number: to, customer: from }) : undefined;
    const ask = () =>
      this.#client.workflow.executeUpdateWithStart(beginUpdate, {
        ...update,
        startWorkflowOperation: this.#start(call, found),
      });
    return asking('begin', { callId }, () => this.#ask(clock, ask));
  }

  spoke(callId: string, key: TurnKey, heard: Heard, clock: Clock): Promise<Told<void>> {
    return asking('spoke', { callId, turn: key }, () =>
      this.#ask(clock, () => this.#handle(callId).signal(spokeSignal, { key, heard })),
    );
  }

  /**
   * Waits for the decided step of a turn. Every repetition of one webhook waits for the same update;
   * each round after a filler has one of its own, which tells the workflow that somebody is there to
   * take the step away. The step is the same for all of them.
   */
  step(callId: string, key: TurnKey, clock: Clock, round = ''): Promise<Told<Step>> {
    const updateId = `turn-${key}${round}`;
    return asking('turn', { callId, turn: key }, () =>
      this.#ask(clock, () =>
        this.#handle(callId).executeUpdate(turnUpdate, { args: [key], updateId }),
      ),
    );
  }

  /** What follows a stream that is over. Every repetition waits for the same update. */
  stepAfter({ callId, callSid }: CallAtTwilio, stream: number, clock: Clock): Promise<Told<Step>> {
    const updateId = `reconnect-${stream}`;
    const ask = () =>
      this.#handle(callId).executeUpdate(reconnectUpdate, {
        args: [{ callSid, stream }],
        updateId,
      });
    return asking('reconnect', { callId }, () => this.#ask(clock, ask));
  }

  status(callId: string, status: StatusSignal, clock: Clock): Promise<Told<void>> {
    return this.#ask(clock, () => this.#handle(callId).signal(statusSignal, status));
  }

  snapshot(callId: string, clock: Clock): Promise<Told<CallSnapshot>> {
    return this.#ask(clock, () => this.#handle(callId).query(snapshotQuery));
  }

  /** Whether words for this turn have arrived. */
  hasHeard(callId: string, key: TurnKey, clock: Clock): Promise<Told<boolean>> {
    return this.#ask(clock, () => this.#handle(callId).query(heardQuery, key));
  }

  /** Whether there is or was a workflow of this call. */
  async wasBegun(callId: string, clock: Clock): Promise<boolean> {
    return (await this.#ask(clock, () => this.#handle(callId).describe())) !== 'not-found';
  }

  #start(
    { callId, direction, accountSid, callSid, from, to }: CallAtTwilio,
    found: Awaited<ReturnType<FindAhead>>,
  ) {
    const input = { callId, direction, accountSid, callSid, from, to };
    return new WithStartWorkflowOperation(CALL_WORKFLOW, {
      ...callStartOptions({ ...input, ...(found !== undefined && { found }) }, this.#taskQueue),
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
  }

  async #ask<T>(clock: Clock, ask: () => Promise<T>): Promise<Told<T>> {
    try {
      return await persist(this.#client, clock, ask);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || isEndedUpdate(error)) return 'not-found';
      throw error;
    }
  }

  #handle(callId: string) {
    return this.#client.workflow.getHandle(callId);
  }
}

/** A span of the trace, where there is one. */
export function asking<T>(
  what: 'begin' | 'spoke' | 'turn' | 'status' | 'reconnect',
  fields: { callId: string; turn?: string },
  ask: () => Promise<T>,
): Promise<T> {
  return inSpan(`temporal ${what}`, { kind: 'client', fields }, ask);
}

/** The update was accepted, and then the workflow ended before it was answered. */
function isEndedUpdate(error: unknown): boolean {
  if (!(error instanceof WorkflowUpdateFailedError)) return false;
  const { cause } = error;
  return cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow';
}
