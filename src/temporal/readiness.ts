import type { Client, Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../workflows/contract.ts';

/** Temporal's number of the value type Keyword. */
const KEYWORD = 2;
/** Temporal's number of the task queue type for workflows. */
const WORKFLOW_QUEUE = 1;
/** Temporal's number of the versioning mode Versioned. */
const VERSIONED = 2;
const ALREADY_EXISTS = 6;
/** A worker that has not asked for work for this long is taken for dead. */
const POLLER_AGE_MS = 70_000;

/** The names of our search attributes that the namespace does not have. */
export async function missingSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<string[]> {
  const known = await connection.operatorService.listSearchAttributes({ namespace });
  const names = new Set(Object.keys(known.customAttributes ?? {}));
  return Object.values(SEARCH_ATTRIBUTES)
    .map((attribute) => attribute.name)
    .filter((name) => !names.has(name));
}

/**
 * Registers our search attributes that are missing: an unregistered one fails every workflow task
 * that sets it. Safe when several processes do it at once.
 * @throws when the server does not allow it; then an operator has to.
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error;
  }
}

/**
 * Whoever is missing to take new calls; nothing when a worker has lately asked for their workflow
 * tasks. With versions of workers only those of the current one count.
 */
export async function missingWorker(
  client: Client,
  namespace: string,
): Promise<string | undefined> {
  const { pollers, versioningInfo } = await client.connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: WORKFLOW_QUEUE,
  });
  const now = Date.now();
  const alive = (pollers ?? []).filter((poller) => {
    const seconds = Number(poller.lastAccessTime?.seconds ?? 0);
    return now - seconds * 1000 < POLLER_AGE_MS;
  });
  if (alive.length === 0) return 'a worker';
  const current = versioningInfo?.currentDeploymentVersion?.buildId;
  const takesNewCalls = alive.some(({ deploymentOptions: own }) => {
    const isVersioned = own?.workerVersioningMode === VERSIONED;
    return current ? isVersioned && own.buildId === current : !isVersioned;
  });
  if (takesNewCalls) return undefined;
  return current
    ? 'a worker of the current version'
    : 'a current version of the workers (voca versions set-current)';
}
