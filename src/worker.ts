/**
 * The one door out: builds what activities need and lends a process to Temporal as a worker.
 */
import { Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerDeploymentOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { CallActivities } from '../activities/index.ts';
import type { NumberCheckActivities } from '../activities/check-numbers.ts';
import type { ErasingActivities } from '../activities/erasing.ts';
import type { ReconcileActivities } from '../activities/reconcile.ts';
import { TASK_QUEUE } from '../workflows/contract.ts';
import type { Config } from './config.ts';
import { migrateAndSeed } from './database.ts';
import { buildEraser, scheduleRetention } from './eraser.ts';
import type { Log } from './log.ts';
import { logActivity } from './log-activity.ts';
import { countActivity } from './metrics/activity-metrics.ts';
import { buildNumberChecker, scheduleNumberChecks } from './number-checker.ts';
import { buildReconciler, scheduleReconciler } from './reconciler.ts';
import { workerSealing } from './sealing/index.ts';
import { watchSessionEnds } from './session-ends.ts';
import { linkByConfig } from './temporal/configured-link.ts';
import type { TemporalLink } from './temporal/connection.ts';
import { registerSearchAttributes } from './temporal/readiness.ts';
import { traceActivity } from './tracing/activity-interceptor.ts';
import { tracedOrchestrator } from './tracing/model-spans.ts';
import { buildWorkerDeps } from './worker-deps.ts';
import { warmAssistants } from './warm-assistants.ts';
import { createWebhookWorker } from './webhook-worker.ts';
import { connectWorker } from './worker-connection.ts';
import { workerDeployment } from './worker-versions.ts';

export interface RunningWorker {
  /** Settles when the worker has stopped; rejects when it failed. */
  finished: Promise<void>;
  /** Takes no new work, lets what is under way finish, then stops. */
  stop(): Promise<void>;
  /** Whether it takes work. */
  isRunning(): boolean;
}

/** Replies under way are given this long when the worker stops, then go to another worker. */
const SHUTDOWN_GRACE_MS = 3000;
const DATABASE_RETRY_MS = 5000;

/**
 * Starts a worker; waits for Temporal as long as it takes.
 * @param bundlePath the workflow code as one file, made by `scripts/build.js`.
 */
export async function startWorker(
  config: Config,
  log: Log,
  bundlePath: string,
): Promise<RunningWorker> {
  const { namespace } = config.temporal;
  const deps = buildWorkerDeps(config, log);
  const connection = await connectWorker(config, log);
  const link = linkByConfig(config);
  await ensureSearchAttributes(link, namespace, log);
  scheduleReconciler(config, log, link.client);
  scheduleNumberChecks(config, log, link.client);
  scheduleRetention(config, log, link.client);
  const activities = {
    ...createActivities({ ...deps, orchestrator: tracedOrchestrator(deps.orchestrator) }),
    ...buildReconciler(config, log, deps, link.client),
    ...buildNumberChecker(log, deps),
    ...buildEraser(deps.system, link.client, log),
  };
  prepareDatabase(config, log, () =>
    warmAssistants(deps.ownNumbers, (query) => activities.loadAssistant(query)),
  );
  // What goes wrong here does not mend itself (no bundle, no such namespace): the process ends.
  const deployment = workerDeployment(config, bundlePath);
  const worker = await createCallWorker({
    connection,
    namespace,
    bundlePath,
    secretKeys: config.rest.secretKeys,
    activities,
    ...(deployment && { deployment }),
  });
  const upgrading = workerDeployment(config, bundlePath, 'AUTO_UPGRADE');
  const webhooks = await createWebhookWorker({
    connection,
    client: link.client,
    databaseUrl: config.database.url ?? '',
    bundlePath,
    secretKeys: config.rest.secretKeys,
    allowLocal: config.webhooks.allowLocal,
    log,
    ...(upgrading && { deployment: upgrading }),
  });
  const sessionEnds = watchSessionEnds(deps.system, log);
  const finished = runToItsEnd([worker, webhooks], async () => {
    await sessionEnds.stop();
    await Promise.all([connection.close(), link.close(), deps.close()]);
  });
  return {
    finished,
    isRunning: () => worker.getState() === 'RUNNING',
    stop: async () => {
      webhooks.stop();
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await finished;
    },
  };
}

export interface CallWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  bundlePath: string;
  /** `VOCA_SECRET_KEY`: what Temporal keeps is sealed with the first one. Left out: not at all. */
  secretKeys?: readonly string[];
  activities: CallActivities &
    Partial<ReconcileActivities & NumberCheckActivities & ErasingActivities>;
  /** Left out: a worker without a version. */
  deployment?: WorkerDeploymentOptions;
  /** Where calls are worked on; left out for the usual one. */
  taskQueue?: string;
}

/** A worker for calls, with the times that decide what the death of another one costs. */
export function createCallWorker(options: CallWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue ?? TASK_QUEUE,
    ...workerSealing(options.bundlePath, options.secretKeys ?? []),
    activities: options.activities,
    // Those of workflows are in the bundle.
    interceptors: { activity: [logActivity, traceActivity, countActivity] },
    ...(options.deployment && { workerDeploymentOptions: options.deployment }),
    // Activities wait for others most of their time. With the default of 100, records that wait for a
    // database that hangs would keep replies from being made.
    maxConcurrentActivityTaskExecutions: 1000,
    // How long a task waits for the worker that has the call in its memory, if that one died.
    stickyQueueScheduleToStartTimeout: '500ms',
    // Lets a reply beat several times within its heartbeat timeout of 2 s.
    maxHeartbeatThrottleInterval: '300ms',
    defaultHeartbeatThrottleInterval: '300ms',
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    shutdownForceTime: SHUTDOWN_GRACE_MS * 2,
  });
}

async function runToItsEnd(
  workers: { run(): Promise<void> }[],
  close: () => Promise<unknown>,
): Promise<void> {
  try {
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    await close();
  }
}

/**
 * Calls do not wait for the database, so neither does the worker: what is missing is made as soon as
 * PostgreSQL is there. Under a supervisor all is made already.
 */
function prepareDatabase(config: Config, log: Log, warmUp: () => Promise<unknown>): void {
  const url = config.database.url ?? '';
  const attempt = (): void => {
    migrateAndSeed(url, config.twilio.phoneNumber)
      .then(warmUp) // so that there is a last good copy before the first call
      .catch((error: unknown) => {
        log.error('the database could not be prepared; it is tried again', { error });
        setTimeout(attempt, DATABASE_RETRY_MS).unref();
      });
  };
  attempt();
}

/** Done by whoever starts first. Without them every call would fail, so it is said loudly. */
async function ensureSearchAttributes(
  { connection }: TemporalLink,
  namespace: string,
  log: Log,
): Promise<void> {
  try {
    await registerSearchAttributes(connection, namespace);
  } catch (error) {
    log.error('the search attributes could not be registered: see /readyz', { error });
  }
}
