/**
 * A request of Twilio's, checked and read: nothing behind this file sees one that Twilio did not
 * sign.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WebhookCall } from '../call-gateway.ts';
import { inboundCallId, isId } from '../ids.ts';
import type { Log } from '../log.ts';
import { FormError, parseForm } from '../twilio/form.ts';
import type { Form } from '../twilio/form.ts';
import { isSignedByTwilio } from '../twilio/signature.ts';
import { renderEmpty } from '../twilio/twiml.ts';
import type { VoiceFields } from '../twilio/webhook-fields.ts';
import { readVoice } from '../twilio/webhook-fields.ts';
import { FINAL_STATUSES } from '../../workflows/contract.ts';
import { parseKey } from '../../workflows/rules/keys.ts';
import { vouchFor } from '../connection-limits.ts';

export interface TwilioAccount {
  authToken: string;
  /** The public base URL that signatures are computed over; never Host or a forwarded header. */
  webhookUrl: string;
}

/** What a webhook says, whether it came by POST or by GET. */
export interface TwilioWebhook {
  /** Every field once; of a repeated one the first. */
  fields: Readonly<Record<string, string>>;
  call: WebhookCall;
  /** Of our own URL: the turn's key, and how often Twilio came back after a filler. */
  turn?: string;
  wait?: number;
  /** Which stream is over, from 1. */
  stream?: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    webhook: TwilioWebhook | undefined;
  }
}

/** Checks and reads every request of the routes that are registered on `app` after this. */
export function readTwilioRequests(app: FastifyInstance, account: TwilioAccount, log: Log): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  app.decorateRequest('webhook', undefined);
  app.addHook('preHandler', async (request, reply) => {
    const body = readForm(request.body as Buffer | undefined);
    if (!body || !isSigned(request, body, account)) {
      log.warn('a request that Twilio did not sign was refused', { route: routeOf(request) });
      return refuse(reply, 403);
    }
    vouchFor(request.raw.socket);
    request.webhook = readWebhook(request, body);
    if (!request.webhook) return refuse(reply, 400);
    const inPath = (request.params as { callSid?: string }).callSid;
    if (inPath !== undefined && inPath !== request.webhook.call.callSid) return refuse(reply, 403);
  });
}

/** A refusal that Twilio can read. */
export function refuse(reply: FastifyReply, code: number): FastifyReply {
  return reply.code(code).type('text/xml; charset=utf-8').send(renderEmpty());
}

export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none';
}

function isSigned(request: FastifyRequest, body: Form, account: TwilioAccount): boolean {
  return isSignedByTwilio({
    authToken: account.authToken,
    publicBaseUrl: account.webhookUrl,
    signatureHeaders: request.raw.headersDistinct['x-twilio-signature'] ?? [],
    requestTarget: request.raw.url ?? '/',
    method: request.method,
    params: body.pairs,
  });
}

function readForm(raw: Buffer | string | undefined): Form | undefined {
  try {
    return parseForm(raw ?? '');
  } catch (error) {
    if (error instanceof FormError) return undefined;
    throw error;
  }
}

function readWebhook(request: FastifyRequest, body: Form): TwilioWebhook | undefined {
  // What stands behind a fragment was not signed.
  const target = (request.raw.url ?? '').split('#', 1)[0] ?? '';
  const query = readForm(target.includes('?') ? target.slice(target.indexOf('?') + 1) : '');
  if (!query) return undefined;
  // By GET everything is in the query; by POST only our own parameters are.
  const fields = request.method === 'GET' ? query.fields : body.fields;
  const named = readVoice(fields);
  const { call, turn, wait, stream } = query.fields;
  if (!named || (turn !== undefined && !parseKey(turn))) return undefined;
  if (wait !== undefined && !/^\d{1,4}$/.test(wait)) return undefined;
  if (stream !== undefined && !/^[1-9]\d{0,5}$/.test(stream)) return undefined;
  const callId = callIdOf(named, call);
  if (callId === undefined) return undefined;
  const { callStatus, ...parties } = named;
  return {
    fields,
    call: { callId, ...parties, ...(FINAL_STATUSES.includes(callStatus) && { isOver: true }) },
    ...(turn !== undefined && { turn }),
    ...(wait !== undefined && { wait: Number(wait) }),
    ...(stream !== undefined && { stream: Number(stream) }),
  };
}

/** An inbound call's id follows from Twilio's; an outbound call's is in every URL we gave. */
function callIdOf(named: VoiceFields, given: string | undefined): string | undefined {
  const inbound = inboundCallId(named.accountSid, named.callSid);
  if (named.direction === 'inbound')
    return given === undefined || given === inbound ? inbound : undefined;
  return given !== undefined && isId('call', given) ? given : undefined;
}
