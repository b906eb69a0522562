/**
 * The other half of a worker process: sends events to customers' servers, on a task queue of its own, so
 * that neither slow receivers nor a flood of events take anything from calls.
 */
import { Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerDeploymentOptions } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import type { WebhookDeps } from '../activities/webhook-ports.ts';
import { createWebhookActivities } from '../activities/webhooks.ts';
import { WEBHOOK_QUEUE } from '../workflows/webhook-contract.ts';
import { PLAN } from '../workflows/webhook-plan.ts';
import type { WebhookPlan } from '../workflows/webhook-plan.ts';
import { createDeliveryQueue } from './db/delivery-queue.ts';
import { createDispatchClaims } from './db/dispatch-claims.ts';
import { listen } from './db/listener.ts';
import { DELIVERIES_CHANNEL } from './db/outbox.ts';
import { createDatabase } from './db/pool.ts';
import type { Database } from './db/pool.ts';
import { endpointEvent } from './http/api/webhooks/endpoint-events.ts';
import type { Log } from './log.ts';
import { logActivity } from './log-activity.ts';
import { countActivity } from './metrics/activity-metrics.ts';
import { countAttempt, countDisabled, watchDeliveries } from './metrics/delivery-metrics.ts';
import { createSafeFetch } from './safe-fetch/index.ts';
import type { SafeFetch } from './safe-fetch/index.ts';
import { createSecretBox } from './sealing/secret-box.ts';
import { workerSealing } from './sealing/index.ts';
import { traceActivity } from './tracing/activity-interceptor.ts';
import { createDeliveryNews } from './webhooks/news.ts';
import type { DeliveryNews } from './webhooks/news.ts';
import { createWebhookSender } from './webhooks/sender.ts';
import { wakeDispatcher } from './webhooks/start-dispatcher.ts';
import { startWaker } from './webhooks/waker.ts';

export interface WebhookWorkerOptions {
  connection: NativeConnection;
  /** Must not repeat requests by itself, see `linkToTemporal`. */
  client: Client;
  databaseUrl: string;
  /** The workflow code as one file. */
  bundlePath: string;
  /** `VOCA_SECRET_KEY`. */
  secretKeys: readonly string[];
  /** Plain http and this machine are receivers, too. */
  allowLocal: boolean;
  log: Log;
  /**
   * Left out: a worker without a version. Else one whose workflows go over to the next version: they live
   * for days, and no version may have to wait for their end.
   */
  deployment?: WorkerDeploymentOptions;
  /** Left out for the usual one. */
  taskQueue?: string;
  /** Other delays than those of the product, for tests. */
  plan?: WebhookPlan;
}

export interface WebhookWorker {
  /** Sends until it is stopped; rejects when it fails. */
  run(): Promise<void>;
  /** Begins nothing new, and gives away what can wait. */
  stop(): void;
}

/** Answers that are on their way when the worker stops are awaited for so long. */
const SHUTDOWN_GRACE_MS = 3000;
const CONNECTIONS = 10;
/** Hundreds of endpoints may begin at the same moment; nobody is on the line. */
const CONNECT_MS = 10_000;

export async function createWebhookWorker(options: WebhookWorkerOptions): Promise<WebhookWorker> {
  const { databaseUrl, log, client, taskQueue = WEBHOOK_QUEUE } = options;
  const system = createDatabase({
    url: databaseUrl,
    role: 'system',
    applicationName: 'voca-webhooks',
    maxConnections: CONNECTIONS,
    connectTimeoutMs: CONNECT_MS,
    onLost: (error) => log.warn('a database connection was lost', { error }),
  });
  const claims = createDispatchClaims(system);
  watchDeliveries(() => claims.waiting());
  const fetcher = createSafeFetch({ allowLocal: options.allowLocal });
  const news = createDeliveryNews();
  const stopping = new AbortController();
  const deps = webhookDeps(options, { system, fetcher, news, stopping: stopping.signal });
  const worker = await createWorker(options, taskQueue, deps);
  return {
    async run() {
      const waker = startWaker({
        claims,
        wake: (endpoint) => wakeDispatcher(client, endpoint, taskQueue),
        log,
      });
      const listener = listen({
        url: databaseUrl,
        applicationName: 'voca-webhooks',
        channels: [DELIVERIES_CHANNEL],
        onNotice: (workspaceId) => {
          news.tell(workspaceId);
          waker.look();
        },
        onListening: () => {
          news.tellAll();
          waker.look();
        },
      });
      stopping.signal.addEventListener('abort', () => void waker.stop());
      try {
        await worker.run();
      } finally {
        stopping.abort();
        await Promise.all([waker.stop(), listener.close()]);
        await Promise.all([fetcher.close(), system.destroy()]);
      }
    },
    stop() {
      stopping.abort();
      if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}

interface Parts {
  system: Database;
  fetcher: SafeFetch;
  news: DeliveryNews;
  stopping: AbortSignal;
}

function webhookDeps(
  { secretKeys, log, plan = PLAN }: WebhookWorkerOptions,
  { system, fetcher, news, stopping }: Parts,
): WebhookDeps {
  const queue = createDeliveryQueue(system);
  return {
    queue: {
      ...queue,
      disable: (endpoint, reason) =>
        queue.disable(endpoint, reason, (stored) =>
          endpointEvent('webhook_endpoint.disabled', stored),
        ),
    },
    sender: createWebhookSender(fetcher, createSecretBox(secretKeys), plan.timeoutMs),
    onNews: news.on,
    stopping,
    plan,
    onAttempt: ({ attempt }) => countAttempt(attempt),
    onDisabled: (endpointId, reason) => {
      countDisabled(reason);
      log.warn('a webhook endpoint was disabled', { endpointId, reason });
    },
  };
}

function createWorker(
  { connection, client, bundlePath, secretKeys, deployment }: WebhookWorkerOptions,
  taskQueue: string,
  deps: WebhookDeps,
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: client.options.namespace,
    taskQueue,
    ...workerSealing(bundlePath, secretKeys),
    activities: createWebhookActivities(deps),
    interceptors: { activity: [logActivity, traceActivity, countActivity] },
    ...(deployment && { workerDeploymentOptions: deployment }),
    // One for each endpoint to which something is sent; a receiver that never answers holds one for 15 s.
    maxConcurrentActivityTaskExecutions: 1000,
    maxCachedWorkflows: 500,
    maxConcurrentWorkflowTaskPolls: 4,
    maxConcurrentActivityTaskPolls: 4,
    stickyQueueScheduleToStartTimeout: '1s',
    // Each is a write in Temporal; two may get lost within the heartbeat timeout of 8 s.
    maxHeartbeatThrottleInterval: '2.5s',
    defaultHeartbeatThrottleInterval: '2.5s',
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    shutdownForceTime: SHUTDOWN_GRACE_MS * 2,
  });
}
