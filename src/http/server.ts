/** The api role: connects, listens, drains. */
import type { Server } from 'node:http';
import { openAssistantsAhead } from '../assistant-ahead.ts';
import { CallGateway } from '../call-gateway.ts';
import { trustedProxies } from '../client-address.ts';
import type { IsTrusted } from '../client-address.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { mediaDoor } from '../media-door.ts';
import { linkByConfig } from '../temporal/configured-link.ts';
import type { TemporalLink } from '../temporal/connection.ts';
import { Clock, persist, TIMED_OUT } from '../temporal/persist.ts';
import { missingSearchAttributes, missingWorker } from '../temporal/readiness.ts';
import { createUrls } from '../twilio/urls.ts';
import { openApi } from './api/open.ts';
import { buildApp } from './app.ts';
import type { AppOptions } from './app.ts';
import { isNearby } from '../connection-limits.ts';
import type { Readiness } from './health.ts';
import { passageOf } from './media-passage.ts';

/** Where connections come from when this process does not listen itself. */
export interface Connections {
  serve(server: Server): void;
  /** Answers what is under way; resolves when all of them are closed. */
  drain(): Promise<void>;
}

export interface RunningServer {
  /** Answers what is under way, then closes. */
  stop(): Promise<void>;
}

const READY_BUDGET_MS = 2000;
const READY_CACHE_MS = 1000;

/**
 * Starts with Temporal away too: callers are held until it comes.
 * @param handed left out to listen, as a process that runs alone does
 */
export async function startServer(
  config: Config,
  log: Log,
  handed?: Connections,
): Promise<RunningServer> {
  const { namespace } = config.temporal;
  const link = linkByConfig(config);
  const api = openApi(config, log, link);
  const { url } = config.database;
  const ahead = url === undefined ? undefined : openAssistantsAhead(url, log);
  const app = buildApp({
    gateway: new CallGateway(link.client, { ...(ahead && { findAhead: ahead.find }) }),
    account: config.twilio,
    urls: createUrls(config.twilio.webhookUrl, mediaDoor(config)),
    readiness: readinessOf(link, namespace),
    log,
    ...operatorOf(config),
    ...(api && { api: api.options }),
    connections: { isExempt: isProxy(config) },
    media: passageOf(config),
  });
  if (handed) {
    await app.ready();
    handed.serve(app.server);
  } else await app.listen({ host: config.listen.host, port: config.listen.port });
  return {
    stop: async () => {
      api?.endStreams();
      await handed?.drain();
      await app.close();
      await Promise.all([link.close(), api?.close(), ahead?.close()]);
    },
  };
}

function operatorOf({ rest, temporal, twilio }: Config): Pick<AppOptions, 'operator'> {
  const { secretKeys } = rest;
  if (secretKeys.length === 0) return {};
  const { namespace, uiUrl } = temporal;
  return { operator: { secretKeys, namespace, uiUrl, publicUrl: twilio.webhookUrl } };
}

/** Many callers may share the connections of a proxy. */
function isProxy({ listen }: Config): IsTrusted {
  const isTrusted = trustedProxies(listen.trustedProxies);
  return (address) => isNearby(address) || isTrusted?.(address) === true;
}

/** Anybody may ask; Temporal is asked once a second at most. */
function readinessOf(link: TemporalLink, namespace: string): Readiness {
  let last: { at: number; answer: Promise<string[]> } | undefined;
  return () => {
    if (!last || performance.now() - last.at > READY_CACHE_MS) {
      last = { at: performance.now(), answer: lookAround(link, namespace) };
    }
    return last.answer;
  };
}

async function lookAround(link: TemporalLink, namespace: string): Promise<string[]> {
  const look = persist(link.client, new Clock(READY_BUDGET_MS), async () => {
    const missing = (await missingSearchAttributes(link.connection, namespace)).map(
      (name) => `search attribute ${name}`,
    );
    const worker = await missingWorker(link.client, namespace);
    if (worker !== undefined) missing.push(worker);
    return missing;
  });
  const found = await look.catch(() => ['the permission to read search attributes']);
  return found === TIMED_OUT ? ['Temporal'] : found;
}
