/**
 * Where a process is asked how it is: `/metrics` for Prometheus, `/healthz` for whoever has to
 * restart it. Never the public listener.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import { registry } from './registry.ts';

export interface MetricsServerOptions {
  host: string;
  port: number;
  /** Whether this process does its work; asked at each `/healthz`. */
  isHealthy: () => boolean;
  /** Metrics of others in this process, as text; never rejects. */
  others?: () => Promise<string>;
  log: Log;
  /** After a port that was taken it is tried again so much later. Default 10 s. */
  retryMs?: number;
}

export interface MetricsServer {
  /** The port that it listens on; undefined while it has none. */
  port(): number | undefined;
  close(): void;
}

const RETRY_MS = 10_000;
const REQUEST_MS = 5000;

/**
 * Listens, now or as soon as the port is free: the process before this one may still be leaving.
 * Never throws, and never keeps the process alive: calls do not wait for metrics.
 */
export function startMetricsServer(options: MetricsServerOptions): MetricsServer {
  const { host, port, log, retryMs = RETRY_MS } = options;
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    (request, response) => void answer(request, response, options),
  );
  let retry: NodeJS.Timeout | undefined;
  let hasComplained = false;
  const listen = (): void => {
    server.listen({ host, port });
  };
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (!hasComplained) {
      log.error('NO METRICS: the port of this process cannot be had; it is tried again', {
        host,
        port,
        code: error.code,
      });
    }
    hasComplained = true;
    retry = setTimeout(listen, retryMs).unref();
  });
  server.on('listening', () => log.info('metrics can be had', { host, port: portOf(server) }));
  server.unref();
  listen();
  return {
    port: () => portOf(server),
    close: () => {
      clearTimeout(retry);
      server.close();
      server.closeAllConnections();
    },
  };
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : undefined;
}

async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  { isHealthy, others, log }: MetricsServerOptions,
): Promise<void> {
  const path = url.split('?', 1)[0];
  const isKnown = path === '/metrics' || path === '/healthz';
  if (!isKnown) return send(response, 404, 'not here\n');
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'only GET\n');
  if (path === '/healthz') {
    return isHealthy() ? send(response, 200, 'ok\n') : send(response, 503, 'not running\n');
  }
  try {
    const theirs = (await others?.()) ?? ''; // first: whether it came is one of our own
    const ours = await registry.metrics();
    send(response, 200, `${ours}\n${theirs}`, registry.contentType);
  } catch (error) {
    log.error('the metrics could not be put together', { error });
    send(response, 500, 'no metrics\n');
  }
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}
