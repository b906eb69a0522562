/** The HTTP application: a table of contents. It never listens; `server.ts` does. */
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { newId } from '../ids.ts';
import type { Log } from '../log.ts';
import { watchedGateway, watchWebhooks } from '../metrics/watch-webhooks.ts';
import { renderEmpty } from '../twilio/twiml.ts';
import type { TwilioUrls } from '../twilio/urls.ts';
import { managementApi } from './api/index.ts';
import type { ApiOptions } from './api/index.ts';
import { refuseUnread } from './api/frame/refuse.ts';
import { refuseBrokenRequest } from './client-error.ts';
import { closeInTime } from './closing.ts';
import { limitConnections } from './connection-limits.ts';
import type { ConnectionLimitOptions } from '../connection-limits.ts';
import { health } from './health.ts';
import type { Readiness } from './health.ts';
import { passMediaOn } from './media-passage.ts';
import type { MediaPassageOptions } from './media-passage.ts';
import { operatorRoutes } from './operator/index.ts';
import type { OperatorOptions } from './operator/index.ts';
import { twilioHooks } from './twilio-hooks.ts';
import type { Gateway } from './twilio-hooks.ts';
import type { TwilioAccount } from './twilio-request.ts';
import { refuse, routeOf } from './twilio-request.ts';

export interface AppOptions {
  gateway: Gateway;
  account: TwilioAccount;
  urls: TwilioUrls;
  readiness: Readiness;
  log: Log;
  /** Left out where nothing is sealed. */
  operator?: Omit<OperatorOptions, 'log'>;
  /** Left out where there is no database. */
  api?: ApiOptions;
  connections?: ConnectionLimitOptions;
  /** The media workers that streams are passed on to; left out where they come by another way. */
  media?: MediaPassageOptions;
}

/** Twilio's own answers and forms are small; its limit for TwiML is the same. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** For the headers, and for the whole request: Twilio sends one in a single piece. */
const REQUEST_TIMEOUT_MS = 5_000;
/** Longer than any answer takes, shorter than the supervisor waits. */
const CLOSE_MS = 5_000;

export function buildApp(options: AppOptions): FastifyInstance {
  const { log, api } = options;
  const gateway = watchedGateway(options.gateway);
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Node looks for slow requests only every 30 s unless told otherwise.
    http: { headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1000 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true }, // as people type it into Twilio's console
    trustProxy: false,
    genReqId: () => newId('req'),
    rewriteUrl: ({ url = '/' }) => withoutPath(url, options.account.webhookUrl),
    clientErrorHandler: refuseBrokenRequest,
    frameworkErrors: (_error, request, reply) =>
      void (api && OF_THE_API.test(request.url)
        ? refuseUnread(request, reply, api.publicUrl)
        : refuse(reply, 400)),
  });

  // Whoever asks a route of Twilio's must be able to read the answer as TwiML: no HTML, no stack.
  app.setErrorHandler((error: { statusCode?: number }, request, reply) => {
    const code = error.statusCode ?? 500;
    if (code >= 500) log.error('a request failed', { route: routeOf(request), error });
    return refuse(reply, code);
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).type('text/xml; charset=utf-8').send(renderEmpty()),
  );

  closeInTime(app, CLOSE_MS);
  limitConnections(app, options.connections);
  passMediaOn(app, options.media, log);
  watchWebhooks(app, log);
  health(app, options.readiness, log);
  if (api) void app.register(async (scope) => managementApi(scope, api));
  for (const prefix of prefixesOf(options.account.webhookUrl)) {
    void app.register(async (scope) => twilioHooks(scope, { ...options, gateway }), { prefix });
    const { operator } = options;
    if (operator) {
      void app.register(async (scope) => operatorRoutes(scope, { ...operator, log }), { prefix });
    }
  }
  return app;
}

/** A proxy in front may have cut the public base URL's path off, or not. */
function prefixesOf(webhookUrl: string): string[] {
  const path = new URL(webhookUrl).pathname.replace(/\/+$/, '');
  return path === '' ? [''] : ['', path];
}

const OF_THE_API = /^\/(v1|docs|problems|openapi\.json)(?=[/?]|$)/;

/** The API has no signature over its URL: it is served below the public path as if there were none. */
function withoutPath(url: string, webhookUrl: string): string {
  const path = new URL(webhookUrl).pathname.replace(/\/+$/, '');
  if (path === '' || !url.startsWith(`${path}/`)) return url;
  const rest = url.slice(path.length);
  return OF_THE_API.test(rest) ? rest : url;
}
