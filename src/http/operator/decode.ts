/**
 * Opens sealed payloads for the Temporal Web UI and its command line.
 * Protocol: Temporal's remote codec, `POST …/decode` with payloads in protobuf's JSON form and the
 * namespace in `X-Namespace`. There is no `/encode`: nobody but our processes has to seal.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { createKeyRing, isSealed, SealedPayloadError, SealingCodec } from '../../sealing/index.ts';
import type { Access } from './access.ts';
import type { OperatorOptions } from './index.ts';
import { originOf } from './origin.ts';
import { TokenBucket } from './token-bucket.ts';

/** A payload of 2 MB, Temporal's limit, in base64 and with its wrapping. */
const BODY_LIMIT_BYTES = 3 * 1024 * 1024;
/** All in one go, while callers wait: some 10 ms. */
const MAX_PAYLOADS = 200;
/** The UI asks once for every payload of a page. */
const REQUESTS = 1000;
const REQUESTS_PER_SECOND = 100;
const PREFLIGHT_SECONDS = 600;

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/);
const bodyForm = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), base64).optional(), data: base64.optional() }))
    .max(MAX_PAYLOADS),
});
type JsonPayload = z.infer<typeof bodyForm>['payloads'][number];

export function decode(app: FastifyInstance, options: OperatorOptions, access: Access): void {
  const { log } = options;
  const codec = new SealingCodec(createKeyRing(options.secretKeys));
  const requests = new TokenBucket(REQUESTS, REQUESTS_PER_SECOND);
  // Only JSON: what a page of anybody can send without being asked first is refused.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    const code = error.statusCode ?? 500;
    if (code >= 500) log.error('payloads could not be opened', { error });
    return complain(reply.code(code), REASONS[code] ?? 'failed');
  });

  const cors = new Cors(options.uiUrl);
  app.options('/codec/decode', (request, reply) => {
    if (!cors.allow(request, reply)) return complain(reply.code(403), 'this origin may not ask');
    return reply
      .header('access-control-allow-methods', 'POST')
      .header(
        'access-control-allow-headers',
        'authorization, authorization-extras, content-type, x-namespace',
      )
      .header('access-control-max-age', PREFLIGHT_SECONDS)
      .code(204)
      .send();
  });

  app.post(
    '/codec/decode',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      // Before the body is read.
      onRequest: async (request, reply) => {
        reply.header('cache-control', 'no-store');
        const isFromUi = cors.allow(request, reply);
        if (!isFromUi && request.headers.origin !== undefined) {
          return complain(reply.code(403), 'this origin may not ask');
        }
        // A cookie counts only for the UI: browsers add it to requests of other pages as well.
        const isOperator = isFromUi && access.sessionEnd(request) !== undefined;
        if (!isOperator && !access.isProgram(request)) {
          reply.header('www-authenticate', 'Bearer');
          return complain(access.refuse(reply, 401), 'sign in first, see /operator/sign-in');
        }
        if (request.headers['x-namespace'] !== options.namespace) {
          return complain(reply.code(403), 'not our namespace');
        }
        const waitSeconds = requests.take();
        if (waitSeconds === 0) return;
        return complain(reply.code(429).header('retry-after', waitSeconds), 'too many requests');
      },
    },
    (request, reply) => {
      const body = bodyForm.safeParse(request.body);
      if (!body.success) return complain(reply.code(400), 'not a list of payloads');
      const given = body.data.payloads.map(fromJson);
      const opened = given.map((payload) => openOrLeave(codec, payload));
      const left = opened.filter(isSealed).length;
      const count = given.filter(isSealed).length - left;
      log.info('payloads were opened for an operator', { count });
      if (left > 0) log.warn('sealed payloads could not be opened', { count: left });
      return reply.send({ payloads: opened.map(toJson) });
    },
  );
}

const REASONS: Record<number, string> = {
  400: 'not JSON',
  413: 'too large',
  415: 'application/json is expected',
};

function complain(reply: FastifyReply, error: string): FastifyReply {
  return reply.send({ error });
}

/** Lets pages of the Temporal UI read our answers, with their cookie, and no others. */
class Cors {
  readonly #origin: string | undefined;

  constructor(uiUrl: string | undefined) {
    this.#origin = uiUrl === undefined ? undefined : originOf(uiUrl);
  }

  /** @returns whether the request comes from the UI. */
  allow({ headers }: FastifyRequest, reply: FastifyReply): boolean {
    reply.header('vary', 'Origin');
    if (this.#origin === undefined || headers.origin !== this.#origin) return false;
    reply.header('access-control-allow-origin', this.#origin);
    reply.header('access-control-allow-credentials', 'true');
    return true;
  }
}

/** One payload that cannot be opened must not hide the others: it stays as it is. */
function openOrLeave(codec: SealingCodec, payload: Payload): Payload {
  try {
    return codec.open(payload);
  } catch (error) {
    if (error instanceof SealedPayloadError) return payload;
    throw error;
  }
}

function fromJson({ metadata = {}, data }: JsonPayload): Payload {
  const entries = Object.entries(metadata).map(([name, text]) => [name, bytesOf(text)] as const);
  return { metadata: Object.fromEntries(entries), data: bytesOf(data ?? '') };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const entries = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, textOf(bytes)]);
  return { metadata: Object.fromEntries(entries) as Record<string, string>, data: textOf(data) };
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64');
}
