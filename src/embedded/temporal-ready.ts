import type { Connection } from '@temporalio/client';
import { EmbeddedError, reasonOf } from './embedded-error.ts';
import { poll } from './poll.ts';

const NAMESPACE = 'default';
/** Finished calls stay readable in Temporal for this long; the server's own default is one day. */
const RETENTION_SECONDS = 30 * 24 * 3600;
/** On a machine that starts much else at the same time, even a first answer takes seconds. */
const ATTEMPT_MS = 10_000;
/** INDEXED_VALUE_TYPE_KEYWORD */
const KEYWORD = 2;

/**
 * Waits until the server answers for its namespace and knows the search attributes; registers those
 * that an older data folder lacks.
 * @param failure says why waiting any longer is useless
 * @throws EmbeddedError when that does not happen in time.
 */
export async function waitForTemporal(options: {
  address: string;
  searchAttributes: readonly string[];
  deadlineMs: number;
  failure: () => string | undefined;
}): Promise<void> {
  const { address, searchAttributes, deadlineMs, failure } = options;
  const client = await import('@temporalio/client');
  const connection = client.Connection.lazy({ address, connectTimeout: '1s' });
  let reason = 'no answer';
  try {
    const ready = await poll(
      async () => {
        const useless = failure();
        if (useless !== undefined) throw new EmbeddedError(useless);
        try {
          return await connection.withDeadline(Date.now() + ATTEMPT_MS, () =>
            prepareNamespace(connection, searchAttributes),
          );
        } catch (error) {
          reason = reasonOf(error);
          return undefined;
        }
      },
      { deadlineMs, everyMs: 25 },
    );
    if (!ready) throw new EmbeddedError(`Temporal did not start in time (${reason}).`);
  } finally {
    await connection.close();
  }
}

/** @returns true when everything is in place, undefined when it is worth another look. */
async function prepareNamespace(
  connection: Connection,
  searchAttributes: readonly string[],
): Promise<true | undefined> {
  const namespace = NAMESPACE;
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) < RETENTION_SECONDS) {
    const workflowExecutionRetentionTtl = { seconds: RETENTION_SECONDS as unknown as Long };
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl },
    });
  }
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributes.filter((name) => customAttributes?.[name] === undefined);
  if (missing.length === 0) return true;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
  });
  return undefined;
}
