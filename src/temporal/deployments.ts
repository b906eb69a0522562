/** The versions of our workers as Temporal knows them: which there are, and who gets new calls. */
import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import { CALL_WORKFLOW } from '../../workflows/contract.ts';

/**
 * `current`: gets new calls. `ramping`: gets a share of them. `draining`: has calls to finish.
 * `drained`: has none and may be stopped. `inactive`: was never current.
 */
export type VersionStatus = 'inactive' | 'current' | 'ramping' | 'draining' | 'drained' | 'unknown';

export interface WorkerVersion {
  buildId: string;
  status: VersionStatus;
  /** Of new calls, in percent, while it is ramping. */
  rampPercent?: number;
  /** Calls that are open and stay with it. */
  openCalls: number;
  /** RFC 3339. */
  createdAt?: string;
}

export interface WorkerVersions {
  /** The newest first. Without a current one, workers without a version get the new calls. */
  versions: WorkerVersion[];
  current?: string;
}

/** Temporal refused. Trying again does not help before something else has changed. */
export class VersionRefusedError extends Error {
  override readonly name = 'VersionRefusedError';
  readonly messageIsSafe = true;
}

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
/** Temporal's number, PinnedOverrideBehavior. */
const PINNED_OVERRIDE = 1;
/** Temporal's numbers, WorkerDeploymentVersionStatus. */
const STATUSES: VersionStatus[] = [
  'unknown',
  'inactive',
  'current',
  'ramping',
  'draining',
  'drained',
];

/** A deployment's versions. `client` belongs to the namespace of the calls. */
export class Deployments {
  readonly #client: Client;
  readonly #name: string;

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** Nothing when no worker with a version has ever started. */
  async list(): Promise<WorkerVersions> {
    const info = await this.#describe();
    const routing = info?.routingConfig;
    const current = routing?.currentDeploymentVersion?.buildId;
    const ramping = routing?.rampingDeploymentVersion?.buildId;
    const summaries = (info?.versionSummaries ?? []).toSorted(
      (a, b) => Number(b.createTime?.seconds ?? 0) - Number(a.createTime?.seconds ?? 0),
    );
    const versions = await Promise.all(
      summaries.map(async ({ deploymentVersion, status, createTime }): Promise<WorkerVersion> => {
        const buildId = deploymentVersion?.buildId ?? '';
        const createdMs = Number(createTime?.seconds ?? 0) * 1000;
        return {
          buildId,
          status: STATUSES[status ?? 0] ?? 'unknown',
          ...(buildId === ramping && { rampPercent: routing?.rampingVersionPercentage ?? 0 }),
          openCalls: await this.#openCalls(buildId),
          ...(createdMs > 0 && { createdAt: new Date(createdMs).toISOString() }),
        };
      }),
    );
    return { versions, ...(current && { current }) };
  }

  /**
   * New calls go to this version from now on; left out: to workers without a version.
   * @throws {VersionRefusedError} when it is not known or has no workers.
   */
  async setCurrent(buildId?: string): Promise<void> {
    await this.#refusable(() =>
      this.#service.setWorkerDeploymentCurrentVersion({
        ...this.#where,
        buildId: buildId ?? '',
      }),
    );
  }

  /**
   * A share of new calls, in percent, goes to this version; 0 ends it.
   * @throws {VersionRefusedError} when it is not known or has no workers.
   */
  async ramp(buildId: string, percentage: number): Promise<void> {
    await this.#refusable(() =>
      this.#service.setWorkerDeploymentRampingVersion({
        ...this.#where,
        // An empty one without a share takes the ramp away.
        buildId: percentage === 0 ? '' : buildId,
        percentage,
      }),
    );
  }

  /**
   * For emergencies: the open calls of one version go on with another. That one replays what they
   * have done so far, so it must decide all of it as the old one did.
   * @returns how many calls were moved.
   */
  async move(from: string, to: string): Promise<number> {
    let moved = 0;
    for await (const { workflowId } of this.#client.workflow.list({
      query: this.#openQuery(from),
    })) {
      const isMoved = await this.#pinTo(workflowId, to);
      if (isMoved) moved += 1;
    }
    return moved;
  }

  async #pinTo(workflowId: string, buildId: string): Promise<boolean> {
    try {
      await this.#service.updateWorkflowExecutionOptions({
        namespace: this.#client.options.namespace,
        workflowExecution: { workflowId },
        workflowExecutionOptions: {
          versioningOverride: {
            pinned: { behavior: PINNED_OVERRIDE, version: { deploymentName: this.#name, buildId } },
          },
        },
        updateMask: { paths: ['versioning_override'] },
      });
      return true;
    } catch (error) {
      if (codeOf(error) === NOT_FOUND) return false; // it has ended meanwhile
      throw this.#refusal(error);
    }
  }

  async #describe() {
    try {
      const answer = await this.#service.describeWorkerDeployment({
        namespace: this.#client.options.namespace,
        deploymentName: this.#name,
      });
      return answer.workerDeploymentInfo ?? undefined;
    } catch (error) {
      if (codeOf(error) === NOT_FOUND) return undefined;
      throw error;
    }
  }

  async #openCalls(buildId: string): Promise<number> {
    const { count } = await this.#client.workflow.count(this.#openQuery(buildId));
    return count;
  }

  #openQuery(buildId: string): string {
    return (
      `WorkflowType = '${CALL_WORKFLOW}' AND ExecutionStatus = 'Running' ` +
      `AND TemporalWorkerDeploymentVersion = '${this.#name}:${buildId}'`
    );
  }

  async #refusable(ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /** Temporal's own words are about versions and task queues only, and say what is wrong. */
  #refusal(error: unknown): unknown {
    const code = codeOf(error);
    if (code === NOT_FOUND) return new VersionRefusedError('Temporal knows no such version.');
    if (code !== FAILED_PRECONDITION && code !== INVALID_ARGUMENT) return error;
    const details = isGrpcServiceError(error) ? error.details : 'no reason given';
    return new VersionRefusedError(`Temporal refused: ${details}`);
  }

  get #where() {
    return {
      namespace: this.#client.options.namespace,
      deploymentName: this.#name,
      identity: 'voca',
    };
  }

  get #service() {
    return this.#client.connection.workflowService;
  }
}

function codeOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}
