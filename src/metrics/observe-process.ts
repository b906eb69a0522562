/** Makes a process tell how it is: metrics and health on a port of its own, traces if wanted. */
import { Gauge } from 'prom-client';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { linkByConfig } from '../temporal/configured-link.ts';
import { startTracing, stopTracing } from '../tracing/trace.ts';
import { countLiveCalls } from './live-calls.ts';
import { metricsPortOf } from './port.ts';
import type { ProcessPlace } from './port.ts';
import { collectProcessMetrics, registry } from './registry.ts';
import { startMetricsServer } from './server.ts';
import { countTwilioRequests } from './twilio-metrics.ts';

export interface ObservedProcess extends ProcessPlace {
  /** Whether it does its work. */
  isHealthy: () => boolean;
  /** Metrics that somebody else in this process keeps, as text; never rejects. */
  others?: () => Promise<string>;
}

export interface Observation {
  /** Sends the last traces. Never rejects. */
  stop(): Promise<void>;
}

/** Never fails: a process without metrics or traces takes calls as well. */
export async function observeProcess(
  config: Config,
  log: Log,
  observed: ObservedProcess,
): Promise<Observation> {
  await startTracing(config.tracing, observed.name, log).catch((error: unknown) => {
    log.error('there will be no traces', { error });
  });
  const { metricsHost: host, metricsPort } = config.listen;
  const port = metricsPort === undefined ? undefined : metricsPortOf(metricsPort, observed);
  if (port === undefined) return { stop: stopTracing };
  collectProcessMetrics(observed.role, observed.name);
  countTwilioRequests(config.twilio.apiBaseUrl);
  tellHealth(observed.isHealthy);
  const closeLink = observed.role === 'api' ? tellLiveCalls(config) : async () => undefined;
  const server = startMetricsServer({
    host,
    port,
    log,
    isHealthy: observed.isHealthy,
    ...(observed.others && { others: observed.others }),
  });
  return {
    stop: async () => {
      server.close();
      await Promise.all([closeLink().catch(() => undefined), stopTracing()]);
    },
  };
}

function tellHealth(isHealthy: () => boolean): void {
  registry.removeSingleMetric('voca_process_healthy');
  const gauge: Gauge = new Gauge({
    name: 'voca_process_healthy',
    help: '1 while this process does its work: a worker that runs, an api that answers',
    registers: [registry],
    collect: () => gauge.set(isHealthy() ? 1 : 0),
  });
}

/** By a connection of its own, which is made when somebody asks: calls have theirs for themselves. */
function tellLiveCalls(config: Config): () => Promise<void> {
  if (config.temporal.address === undefined) return async () => undefined;
  const link = linkByConfig(config);
  countLiveCalls(link.client);
  return () => link.close();
}
