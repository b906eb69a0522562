/** What is seen of every webhook of Twilio: its time, its answer, one line in the log, its trace. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Answer } from '../call-gateway.ts';
import type { Gateway } from '../http/twilio-hooks.ts';
import { withLogContext } from '../log-context.ts';
import type { Log, LogFields } from '../log.ts';
import { openSpan } from '../tracing/trace.ts';
import type { OpenSpan } from '../tracing/trace.ts';
import { countWebhook, webhookArrived, webhookGone } from './webhook-metrics.ts';
import type { WebhookAnswer, WebhookKind } from './webhook-metrics.ts';

/** One webhook, while it is being answered. */
interface Watched {
  request: FastifyRequest;
  arrivedAt: number;
  arrivedMs: number;
  answer?: WebhookAnswer;
  span?: OpenSpan | undefined;
}

const watched = new WeakMap<FastifyRequest, Watched>();
const current = new AsyncLocalStorage<Watched>();

/** The routes that Twilio asks, by the end of their URL: a prefix may stand before it. */
const ROUTES: readonly (readonly [end: string, kind: WebhookKind])[] = [
  ['/webhook/voice', 'voice'],
  ['/outbound', 'outbound'],
  ['/process_speech/:callSid', 'speech'],
  ['/call/connect', 'connect'],
  ['/call/status', 'status'],
  ['/webhook/fallback', 'fallback'],
];

/** To be called before the routes are registered. */
export function watchWebhooks(app: FastifyInstance, log: Log): void {
  const kinds = new Map<string, WebhookKind | undefined>();
  const routeKind = (url: string): WebhookKind | undefined => {
    if (!kinds.has(url)) kinds.set(url, ROUTES.find(([end]) => url.endsWith(end))?.[1]);
    return kinds.get(url);
  };
  app.addHook('onRequest', (request, { raw }, done) => {
    const kind = routeKind(request.routeOptions.url ?? '');
    if (kind) {
      const webhook: Watched = { request, arrivedAt: performance.now(), arrivedMs: Date.now() };
      watched.set(request, webhook);
      webhookArrived();
      raw.once('close', () => {
        // Else Twilio has waited long enough, or the connection broke.
        const httpStatus = raw.writableFinished ? raw.statusCode : undefined;
        finish(webhook, kind, httpStatus, log);
      });
    }
    done();
  });
  // Not earlier: while a body is read the context of its request is lost.
  app.addHook('preHandler', (request, _reply, done) => {
    const webhook = watched.get(request);
    if (!webhook) return done();
    // Always a trace of its own: Twilio sends no `traceparent`, and anybody else could choose with it
    // what our log lines say.
    webhook.span = openSpan('webhook', { kind: 'server', startedMs: webhook.arrivedMs });
    const answer = () => current.run(webhook, () => withLogContext(() => fieldsOf(webhook), done));
    return webhook.span ? webhook.span.within(answer) : answer();
  });
}

/** The same gateway; what it answers is noted for the webhook that asked. */
export function watchedGateway(gateway: Gateway): Gateway {
  const noting = async (asking: Promise<Answer>): Promise<Answer> => {
    const webhook = current.getStore();
    try {
      const answer = await asking;
      if (webhook) webhook.answer = answer.kind;
      return answer;
    } catch (error) {
      if (webhook) webhook.answer = 'error';
      throw error;
    }
  };
  return {
    begin: (...asked) => noting(gateway.begin(...asked)),
    hear: (...asked) => noting(gateway.hear(...asked)),
    waitFor: (...asked) => noting(gateway.waitFor(...asked)),
    resume: (...asked) => noting(gateway.resume(...asked)),
    reconnect: (...asked) => noting(gateway.reconnect(...asked)),
    status: (...asked) => gateway.status(...asked),
  };
}

/** @param httpStatus undefined when nobody took the answer */
function finish(
  webhook: Watched,
  routeKind: WebhookKind,
  httpStatus: number | undefined,
  log: Log,
): void {
  const { request, arrivedAt, span } = webhook;
  webhookGone();
  const kind = kindOf(routeKind, request);
  const answer = answerOf(webhook, kind, httpStatus);
  const ms = performance.now() - arrivedAt;
  countWebhook({ kind, answer, ms, wait: request.webhook?.wait ?? 0 });
  // Who is not Twilio leaves a warning and a count, but no traces to store.
  if (answer === '403') return;
  const fields = {
    ...fieldsOf(webhook),
    type: kind,
    outcome: answer,
    httpStatus,
    wait: request.webhook?.wait,
  };
  log.info('a webhook was answered', {
    ...fields,
    ms: Math.round(ms * 10) / 10,
    twilioRequest: tokenOf(request),
  });
  span?.end(fields, answer === 'error' ? 'error' : 'ok');
}

function kindOf(kind: WebhookKind, { webhook }: FastifyRequest): WebhookKind {
  if (kind !== 'speech' || !webhook) return kind;
  if (webhook.turn === undefined) return 'resume';
  return webhook.wait === undefined ? 'speech' : 'wait';
}

function answerOf(
  webhook: Watched,
  kind: WebhookKind,
  httpStatus: number | undefined,
): WebhookAnswer {
  if (httpStatus === undefined) return 'abandoned';
  if (httpStatus === 403) return '403';
  if (httpStatus >= 500) return 'error';
  if (httpStatus >= 400) return '400';
  if (webhook.answer) return webhook.answer;
  return kind === 'status' ? 'taken' : 'wait'; // the fallback route always holds the caller
}

/** Nothing is known before the signature was checked. */
function fieldsOf({ request: { webhook }, span }: Watched): LogFields {
  return {
    ...(webhook && { callId: webhook.call.callId, callSid: webhook.call.callSid }),
    ...(webhook?.turn !== undefined && { turn: webhook.turn }),
    ...(span && { traceId: span.traceId }),
  };
}

/** Absent in some of Twilio's requests. Protocol: I-Twilio-Idempotency-Token. */
function tokenOf({ headers }: FastifyRequest): string | undefined {
  const token = headers['i-twilio-idempotency-token'];
  return typeof token === 'string' ? token : undefined;
}
