/**
 * The metrics of Temporal's SDK. Its core serves them itself, so it does so where only this process
 * looks, and they are answered together with ours. Only workers have a core: the client in an api
 * process has none, and its side of Temporal is seen in the times of webhooks.
 */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Runtime } from '@temporalio/worker';
import type { RuntimeOptions } from '@temporalio/worker';
import { Gauge } from 'prom-client';
import type { Log } from '../log.ts';
import { registry } from './registry.ts';

const isAnswering = new Gauge({
  name: 'voca_sdk_metrics_up',
  help: "1 while the metrics of Temporal's SDK can be had; always 0 in processes that are no worker",
  registers: [registry],
});

const ANSWER_MS = 2000;
const TRIES = 3;
/** Tasks of a turn take milliseconds; the SDK's own buckets begin at 50 ms. */
const TASK_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

let url: string | undefined;

/** Installs Temporal's runtime, with metrics when it can be; without them calls work as well. */
export async function installRuntime(options: RuntimeOptions, log: Log): Promise<void> {
  for (let tried = 1; tried <= TRIES; tried += 1) {
    // The core takes no port 0 that could be found out, so between our look and its own bind
    // somebody else may take the port.
    const port = await freePort();
    try {
      Runtime.install(withMetrics(options, port));
      url = `http://127.0.0.1:${port}/metrics`;
      return;
    } catch (error) {
      if (isInstalled(error)) throw error;
      log.warn("the metrics of Temporal's SDK could not be bound to a port", { port });
    }
  }
  Runtime.install(options);
}

/** The text of the SDK's metrics; nothing when there are none. */
export async function sdkMetrics(): Promise<string> {
  if (url === undefined) return '';
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) throw new Error('no metrics');
    const text = await answer.text();
    isAnswering.set(1);
    return text;
  } catch {
    isAnswering.set(0);
    return '';
  }
}

function withMetrics(options: RuntimeOptions, port: number): RuntimeOptions {
  return {
    ...options,
    telemetryOptions: {
      ...options.telemetryOptions,
      metrics: {
        prometheus: {
          bindAddress: `127.0.0.1:${port}`,
          countersTotalSuffix: true,
          unitSuffix: true,
          useSecondsForDurations: true,
          histogramBucketOverrides: Object.fromEntries(
            [
              'workflow_task_schedule_to_start_latency',
              'workflow_task_execution_latency',
              'workflow_task_replay_latency',
              'activity_schedule_to_start_latency',
              'activity_execution_latency',
            ].map((name) => [name, TASK_SECONDS]),
          ),
        },
      },
    },
  };
}

function isInstalled(error: unknown): boolean {
  return error instanceof Error && error.name === 'IllegalStateError';
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
