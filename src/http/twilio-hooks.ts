/** The routes that Twilio asks. Every answer is TwiML, whatever happens behind it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Answer, CallGateway } from '../call-gateway.ts';
import type { Log } from '../log.ts';
import type { TwilioUrls } from '../twilio/urls.ts';
import { readSpoken, readStatus } from '../twilio/webhook-fields.ts';
import type { Place } from './answers.ts';
import { renderAnswer, renderWait } from './answers.ts';
import type { TwilioAccount, TwilioWebhook } from './twilio-request.ts';
import { readTwilioRequests, refuse, routeOf } from './twilio-request.ts';

/** What the routes need of the gateway. */
export type Gateway = Pick<
  CallGateway,
  'begin' | 'hear' | 'waitFor' | 'resume' | 'reconnect' | 'status'
>;

export interface TwilioHooksOptions {
  gateway: Gateway;
  account: TwilioAccount;
  urls: TwilioUrls;
  log: Log;
}

const METHODS: ('GET' | 'POST')[] = ['GET', 'POST'];

export function twilioHooks(app: FastifyInstance, options: TwilioHooksOptions): void {
  const { gateway, account, urls, log } = options;
  readTwilioRequests(app, account, log);

  /** Answers a request that holds a caller: TwiML also when the answer could not be found. */
  function answering(
    place: (webhook: TwilioWebhook) => Place,
    ask: (webhook: TwilioWebhook) => Promise<Answer>,
  ) {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const { webhook } = request;
      if (!webhook) return refuse(reply, 403);
      reply.type('text/xml; charset=utf-8');
      try {
        const answer = await ask(webhook);
        noteRefused(answer, webhook);
        return renderAnswer(answer, webhook, urls, place(webhook));
      } catch (error) {
        const { callId } = webhook.call;
        log.error('a webhook could not be answered', { callId, route: routeOf(request), error });
        return renderWait(webhook, urls, place(webhook));
      }
    };
  }

  function noteRefused(answer: Answer, { call, turn }: TwilioWebhook): void {
    if (answer.kind !== 'ask-again') return;
    log.warn('words were refused: Temporal did not take them, the caller is asked to repeat', {
      callId: call.callId,
      turn,
    });
  }

  const begin = answering(
    () => 'begin',
    (webhook) => gateway.begin(webhook.call),
  );
  app.route({ method: METHODS, url: '/webhook/voice', handler: begin });
  app.route({ method: METHODS, url: '/outbound', handler: begin });

  app.route({
    method: METHODS,
    url: '/process_speech/:callSid',
    handler: answering(
      ({ turn }) => (turn === undefined ? 'resume' : 'turn'),
      ({ call, turn, wait, fields }) => {
        if (turn === undefined) return gateway.resume(call, wait);
        if (wait !== undefined) return gateway.waitFor(call, turn, wait);
        return gateway.hear(call, turn, readSpoken(fields)?.heard ?? { kind: 'silence' });
      },
    ),
  });

  /** A stream of the call is over; whose number is missing is in the call, wherever it is. */
  app.route({
    method: METHODS,
    url: '/call/connect',
    handler: answering(
      ({ stream }) => (stream === undefined ? 'resume' : 'connect'),
      ({ call, stream, wait }) =>
        stream === undefined ? gateway.resume(call, wait) : gateway.reconnect(call, stream),
    ),
  });

  app.route({
    method: METHODS,
    url: '/call/status',
    handler: async ({ webhook }, reply) => {
      const status = webhook && readStatus(webhook.fields)?.status;
      if (!webhook || !status) return refuse(reply, webhook ? 400 : 403);
      const isTaken = await gateway.status(webhook.call.callId, status).catch((error: unknown) => {
        log.error('a status callback was not taken', { callId: webhook.call.callId, error });
        return false;
      });
      // Twilio sends it again (`rp=all`) when it was not taken.
      return isTaken ? reply.code(204).send() : refuse(reply, 503);
    },
  });

  /** Needs neither Temporal nor the database: holds the caller and goes back into the call. */
  app.route({
    method: METHODS,
    url: '/webhook/fallback',
    handler: ({ webhook }, reply) => {
      if (!webhook) return refuse(reply, 403);
      log.warn('Twilio fell back', {
        callId: webhook.call.callId,
        code: webhook.fields['ErrorCode'],
      });
      const wait = waitOf(webhook.fields['ErrorUrl']);
      reply.type('text/xml; charset=utf-8');
      return renderWait({ ...webhook, wait }, urls, 'resume');
    },
  });
}

/** The round of waiting of the URL that failed, so that a call cannot fall back for ever. */
function waitOf(errorUrl: string | undefined): number {
  const wait = /[?&]wait=(\d{1,4})/.exec(errorUrl ?? '')?.[1];
  return wait === undefined ? 0 : Number(wait);
}
