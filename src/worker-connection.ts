/** How a process lends itself to Temporal: the SDK's runtime, and a connection that waits for the server. */
import { makeTelemetryFilterString, NativeConnection } from '@temporalio/worker';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { temporalLogger } from './log-temporal.ts';
import { installRuntime } from './metrics/sdk-metrics.ts';

const RETRY_MS = 500;

/** Waits for Temporal as long as it takes. To be called once in a process. */
export async function connectWorker(config: Config, log: Log): Promise<NativeConnection> {
  const { address, apiKey, tls } = config.temporal;
  if (address === undefined) throw new Error('A worker needs TEMPORAL_ADDRESS');
  const logging = {
    filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }),
    forward: {},
  };
  // The core's own lines would go past our logger, with whatever a failure quotes.
  const telemetryOptions = { logging };
  const logger = temporalLogger(log);
  await installRuntime({ logger, shutdownSignals: [], telemetryOptions }, log);
  return untilConnected(log, () =>
    NativeConnection.connect({
      address,
      tls,
      ...(apiKey !== undefined && { apiKey }),
      // In one's own network (no TLS) compressing costs more than it saves.
      ...(tls === false && apiKey === undefined && { grpcCompression: { codec: 'none' } }),
    }),
  );
}

async function untilConnected<T>(log: Log, connect: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connect();
    } catch (error) {
      if (attempt % 10 === 1) log.warn('Temporal is not there yet', { attempt, error });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
