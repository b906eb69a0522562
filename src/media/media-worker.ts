/** The media role: takes streams of audio, lends itself to Temporal for their activities, drains. */
import { randomBytes } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import type { MediaActivities } from '../../workflows/stream-contract.ts';
import { trustedProxies } from '../client-address.ts';
import type { Config } from '../config.ts';
import { isNearby } from '../connection-limits.ts';
import type { Log } from '../log.ts';
import { logActivity } from '../log-activity.ts';
import { countActivity } from '../metrics/activity-metrics.ts';
import { countMediaStreams } from '../metrics/media-metrics.ts';
import { createDataConverter } from '../sealing/index.ts';
import { StreamGateway } from '../stream-gateway.ts';
import type { StreamDoor } from '../stream-gateway.ts';
import { createStreamTokens } from '../stream-token.ts';
import { linkByConfig } from '../temporal/configured-link.ts';
import { traceActivity } from '../tracing/activity-interceptor.ts';
import { connectWorker } from '../worker-connection.ts';
import { LiveStreams } from './live-streams.ts';
import { createMediaServer } from './server.ts';
import type { MediaServer } from './server.ts';
import { createMediaActivities } from './session-activity.ts';
import type { OpenSession } from './session-port.ts';
import { StreamHost } from './stream-host.ts';

/** Where connections come from when this process does not listen itself. */
export interface Connections {
  serve(server: MediaServer['server']): void;
  drain(): Promise<void>;
}

/** What leads the conversations. */
export interface Sessions {
  open: OpenSession;
  close(): Promise<void>;
}

export interface MediaWorkerOptions {
  config: Config;
  log: Log;
  /** Makes what leads the conversations, which tell their calls what happens by this door. */
  sessions: (door: StreamDoor) => Promise<Sessions>;
  /** Left out to listen, as a process that runs alone does. */
  handed?: Connections;
  /** How long live streams run on when it is stopped; left out for `VOCA_MEDIA_DRAIN`. */
  drainMs?: number;
}

export interface RunningMediaWorker {
  /** Settles when it has stopped; rejects when it failed. */
  finished: Promise<void>;
  /** Takes no new streams, lets live ones run to the limit, moves those that are left, then stops. */
  stop(): Promise<void>;
  /** Whether it can carry streams, also while it drains. */
  isRunning(): boolean;
}

/** Moved calls come back at once, so they are not sent away all at the same moment. */
const MOVE_EVERY_MS = 50;
/** Whatever they are. */
const MOVES_MS = 10_000;
/** What activities have to say when all streams are over is said within this. */
const SHUTDOWN_GRACE_MS = 1_000;

/** Waits for Temporal as long as it takes. */
export async function startMediaWorker(options: MediaWorkerOptions): Promise<RunningMediaWorker> {
  const { config, log, handed, drainMs = config.listen.mediaDrainMs } = options;
  const connection = await connectWorker(config, log);
  const link = linkByConfig(config);
  const door = new StreamGateway(link.client, log);
  const sessions = await options.sessions(door);
  const streams = new LiveStreams(countMediaStreams);
  const taskQueue = `voca-media-${randomBytes(8).toString('hex')}`;
  const worker = await createMediaActivityWorker(
    connection,
    config,
    taskQueue,
    createMediaActivities(streams),
  );
  const { authToken, accountSid, webhookUrl } = config.twilio;
  const { secretKeys } = config.rest;
  const host = new StreamHost({
    accountSid,
    tokens: createStreamTokens({ secretKeys, authToken }),
    door,
    taskQueue,
    streams,
    openSession: sessions.open,
    log,
  });
  const server = createMediaServer({
    signing: { authToken, publicBaseUrl: config.listen.mediaUrl ?? webhookUrl },
    host,
    log,
    connections: { isExempt: isProxy(config) },
  });
  const finished = worker.run();
  if (handed) handed.serve(server.server);
  else await listen(server, config);
  return {
    finished,
    isRunning: () => worker.getState() === 'RUNNING',
    stop: async () => {
      host.leave();
      const drained = handed?.drain();
      await streams.drain(drainMs, spreadMs(streams.size, drainMs));
      await drained;
      await server.close();
      await door.close();
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await finished;
      await Promise.all([connection.close(), link.close(), sessions.close()]);
    },
  };
}

/** Who has little time to drain has no more to move. */
function spreadMs(count: number, drainMs: number): number {
  return Math.min(count * MOVE_EVERY_MS, drainMs, MOVES_MS);
}

/** Only activities: one for each stream, for as long as it lives. */
export function createMediaActivityWorker(
  connection: NativeConnection,
  { temporal, rest }: Pick<Config, 'temporal' | 'rest'>,
  taskQueue: string,
  activities: MediaActivities,
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue,
    dataConverter: createDataConverter(rest.secretKeys),
    activities,
    interceptors: { activity: [logActivity, traceActivity, countActivity] },
    // They wait for others all their time.
    maxConcurrentActivityTaskExecutions: 2000,
    // Lets a stream beat several times within its heartbeat timeout.
    maxHeartbeatThrottleInterval: '300ms',
    defaultHeartbeatThrottleInterval: '300ms',
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    shutdownForceTime: SHUTDOWN_GRACE_MS * 2,
  });
}

async function listen(
  { server }: MediaServer,
  { listen: { host, mediaPort } }: Config,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: mediaPort }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Many callers may share the connections of a proxy. */
function isProxy({ listen: { trustedProxies: proxies } }: Config): (address: string) => boolean {
  const isTrusted = trustedProxies(proxies);
  return (address) => isNearby(address) || isTrusted?.(address) === true;
}
