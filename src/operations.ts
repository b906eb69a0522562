/** What operators ask for beside calls: versions of workers, and the reconciler at once. */
import type { Client } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { TASK_QUEUE } from '../workflows/contract.ts';
import type { ReconcileOutcome } from '../workflows/reconcile.ts';
import { NotReadyError } from './call-manager.ts';
import { newId } from './ids.ts';
import { Deployments } from './temporal/deployments.ts';
import type { WorkerVersions } from './temporal/deployments.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';
import { RECONCILE_TIMEOUT, reconcileInput } from './temporal/schedules.ts';
import { DEPLOYMENT } from './worker-versions.ts';

export interface OperationsOptions {
  client: Client;
  /** The grace of the reconciler, in milliseconds. */
  reconcileMs?: number;
  /** How long to wait for Temporal, in milliseconds. */
  askMs?: number;
  deployment?: string;
}

const ASK_MS = 15_000;
/** For one look of the reconciler: a worker must take it, Twilio and Temporal must be asked. */
const LOOK_MS = 60_000;
const DEFAULT_RECONCILE_MS = 60_000;
const MOVE_MS = 120_000;

/**
 * All of it throws {NotReadyError} when Temporal does not answer in time, {VersionRefusedError} when
 * it refuses.
 */
export class Operations {
  readonly #options: OperationsOptions;
  readonly #deployments: Deployments;

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.#deployments = new Deployments(options.client, options.deployment ?? DEPLOYMENT);
  }

  versions(): Promise<WorkerVersions> {
    return this.#ask(() => this.#deployments.list());
  }

  /** @param buildId left out: workers without a version get new calls again. */
  setCurrentVersion(buildId?: string): Promise<void> {
    return this.#ask(() => this.#deployments.setCurrent(buildId));
  }

  rampVersion(buildId: string, percent: number): Promise<void> {
    return this.#ask(() => this.#deployments.ramp(buildId, percent));
  }

  /** @returns how many open calls go on with the other version. */
  moveCalls(from: string, to: string): Promise<number> {
    return this.#ask(() => this.#deployments.move(from, to), MOVE_MS);
  }

  /** One round of the reconciler, now; a dry run only looks. */
  async reconcile({ dryRun }: { dryRun: boolean }): Promise<ReconcileOutcome> {
    const input = { ...reconcileInput(this.#options.reconcileMs ?? DEFAULT_RECONCILE_MS), dryRun };
    const budgetMs = dryRun ? LOOK_MS : 2 * LOOK_MS + input.secondLookMs;
    const workflowId = `reconcile-now-${newId('req')}`;
    const start = (): Promise<ReconcileOutcome> =>
      this.#options.client.workflow.execute<(arg: typeof input) => Promise<ReconcileOutcome>>(
        'reconcile',
        {
          taskQueue: TASK_QUEUE,
          workflowId,
          workflowIdConflictPolicy: 'USE_EXISTING',
          args: [input],
          workflowExecutionTimeout: RECONCILE_TIMEOUT,
          staticSummary: dryRun
            ? 'What would be settled with Twilio?'
            : 'Compare calls with Twilio',
        },
      );
    try {
      return await this.#ask(start, budgetMs);
    } catch (error) {
      if (error instanceof WorkflowFailedError) return { outcome: 'not-looked' };
      throw error;
    }
  }

  async #ask<T>(ask: () => Promise<T>, budgetMs = this.#options.askMs ?? ASK_MS): Promise<T> {
    const answer = await persist(this.#options.client, new Clock(budgetMs), ask);
    if (answer === TIMED_OUT) throw new NotReadyError('Temporal or its workers do not answer.');
    return answer as T;
  }
}
