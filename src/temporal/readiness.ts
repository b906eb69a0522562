import type { Client, Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../workflows/contract.ts';

/** Temporal's number of the value type Keyword. */
const KEYWORD = 2;
/** Temporal's number of the task queue type for workflows. */
const WORKFLOW_QUEUE = 1;
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

/** Whether a worker has lately asked for the workflow tasks of calls. */
export async function hasWorker(client: Client, namespace: string): Promise<boolean> {
  const queue = await client.connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: WORKFLOW_QUEUE,
  });
  const now = Date.now();
  return (queue.pollers ?? []).some((poller) => {
    const seconds = Number(poller.lastAccessTime?.seconds ?? 0);
    return now - seconds * 1000 < POLLER_AGE_MS;
  });
}
