/** One route of the API: who may ask it, what it takes, what it answers, and what can go wrong. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { describe } from '../../../db/errors.ts';
import { inWorkspace } from '../../../db/scope.ts';
import type { Scope, ScopeOptions } from '../../../db/scope.ts';
import type { Database } from '../../../db/pool.ts';
import { callerOf } from '../sign-in/caller.ts';
import type { ApiScope, Caller } from '../sign-in/caller.ts';
import { conditionalHeaders } from './conditional.ts';
import { answerOnce, idempotencyHeaders, keyOf, rememberBody } from '../idempotency/idempotency.ts';
import { problemSchema } from './refuse.ts';
import { PROBLEMS } from './problems.ts';
import type { ProblemCode } from './problems.ts';
import { Unsettled } from '../idempotency/unsettled.ts';

export type ApiApp = FastifyInstance;

export interface RouteContext<P, Q, B> {
  caller: Caller;
  params: P;
  query: Q;
  body: B;
  request: FastifyRequest;
  reply: FastifyReply;
  /** The client's own word for this request, by which it may be repeated. */
  idempotencyKey: string | undefined;
  /**
   * Works on what the caller's workspace owns, in one transaction. In a POST that carries an
   * `Idempotency-Key` it is one for the whole handler, and the answer is kept in it too.
   */
  inWorkspace: <T>(
    what: string,
    work: (scope: Scope) => Promise<T>,
    options?: ScopeOptions,
  ) => Promise<T>;
}

export interface RouteDefinition<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
> {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';
  /** Below `/v1`, such as `/assistants/:id`. */
  path: string;
  /** Unique; what generated clients call it, such as `listAssistants`. */
  name: string;
  /** A short sentence. */
  summary: string;
  description?: string;
  tag: string;
  scope: ApiScope;
  params?: P;
  query?: Q;
  body?: B;
  /** The status of success, and its body; `z.null()` for none. */
  answer: readonly [status: 200 | 201 | 202 | 204, schema: A];
  /** The body of a 202 that the handler throws as {@link Unsettled}. */
  unsettled?: z.ZodType;
  /**
   * For a POST with effects outside PostgreSQL, such as at the carrier: its `Idempotency-Key` is written
   * down before and the answer after it. It must be safe to do twice: ids are to be derived from the
   * key.
   */
  idempotency?: 'two-phase';
  /** The answer holds a secret: it is kept so that only the API key that asked can have it again. */
  secret?: boolean;
  /** It answers with an `ETag`; a change then takes an `If-Match`. */
  etag?: boolean;
  /** Beside those that every route may answer with. */
  problems?: readonly ProblemCode[];
  handle: (context: RouteContext<z.output<P>, z.output<Q>, z.output<B>>) => Promise<z.output<A>>;
}

const ALWAYS: readonly ProblemCode[] = [
  'bad-request',
  'key-missing',
  'key-unknown',
  'scope-missing',
  'test-key-needs-simulator',
  'invalid',
  'key-limit',
  'internal',
  'unavailable',
];
const OF_POST: readonly ProblemCode[] = ['request-under-way', 'idempotency-key-reused'];
/** Also where none is wanted: what is sent all the same is read. */
const WITH_BODY: readonly ProblemCode[] = ['too-large', 'media-type'];

/** Registers a route; `app` is the API's own scope. */
export function addRoute<
  P extends z.ZodType = z.ZodObject,
  Q extends z.ZodType = z.ZodObject,
  B extends z.ZodType = z.ZodUndefined,
  A extends z.ZodType = z.ZodType,
>(app: ApiApp, db: Database, route: RouteDefinition<P, Q, B, A>): void {
  const [status, answer] = route.answer;
  app.withTypeProvider<ZodTypeProvider>().route({
    method: route.method,
    url: route.path,
    config: { scope: route.scope },
    schema: {
      operationId: route.name,
      summary: route.summary,
      tags: [route.tag],
      description: `${route.description ? `${route.description}\n\n` : ''}Needs the scope \`${route.scope}\`.`,
      ...(route.params && { params: route.params }),
      // An unknown parameter is refused, not passed over: a filter with a slip of the pen would list too much.
      querystring: route.query ?? z.strictObject({}),
      ...(route.body && { body: route.body }),
      ...(route.method === 'POST' && { headers: idempotencyHeaders }),
      ...(route.method === 'PATCH' && {
        consumes: ['application/json', 'application/merge-patch+json'],
        ...(route.etag && { headers: conditionalHeaders }),
      }),
      ...(route.etag && { 'x-etag': true }),
      response: {
        [status]: answer,
        ...(route.unsettled && { 202: route.unsettled }),
        ...problemAnswers(route),
      },
    },
    preValidation: (request, _reply, done) => {
      rememberBody(request);
      done();
    },
    handler: async (request, reply) => {
      const work = (scope?: Scope) => route.handle(contextOf(db, request, reply, scope));
      const { idempotency, secret = false } = route;
      const isTwoPhase = idempotency === 'two-phase';
      try {
        if (keyOf(request) === undefined) return reply.code(status).send((await work()) as never);
        return await answerOnce(request, reply, { db, status, isTwoPhase, isSecret: secret }, work);
      } catch (error) {
        if (!(error instanceof Unsettled)) throw error;
        return reply.code(202).send(error.body as never);
      }
    },
  });
}

/** @param scope that of the transaction in which the whole handler runs */
export function contextOf<P, Q, B>(
  db: Database,
  request: FastifyRequest,
  reply: FastifyReply,
  scope: Scope | undefined,
): RouteContext<P, Q, B> {
  const caller = callerOf(request);
  return {
    caller,
    params: request.params as P,
    query: request.query as Q,
    body: request.body as B,
    request,
    reply,
    idempotencyKey: keyOf(request),
    inWorkspace: (what, work, options) =>
      scope ? within(scope, what, work) : inWorkspace(db, caller.workspaceId, what, work, options),
  };
}

/** As {@link inWorkspace}, in a transaction that is open already. */
async function within<T>(
  scope: Scope,
  what: string,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  try {
    return await work(scope);
  } catch (error) {
    if (error instanceof Error && 'messageIsSafe' in error) throw error;
    throw describe(what, error);
  }
}

/** The documented answers of a route when something goes wrong. */
export function problemAnswers({
  method,
  params,
  secret,
  problems = [],
}: Pick<
  RouteDefinition<z.ZodType, z.ZodType, z.ZodType, z.ZodType>,
  'method' | 'params' | 'secret' | 'problems'
>) {
  const codes: ProblemCode[] = [
    ...ALWAYS,
    ...(params ? (['not-found'] as const) : []),
    ...(method === 'GET' ? [] : WITH_BODY),
    ...(method === 'POST' ? OF_POST : []),
    ...(secret ? (['conflict'] as const) : []),
    ...problems,
  ];
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const [status] = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, found]) => [
      status,
      {
        description: found.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join('; '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
}
