/** One route of the API: who may ask it, what it takes, what it answers, and what can go wrong. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { inWorkspace } from '../../db/scope.ts';
import type { Scope, ScopeOptions } from '../../db/scope.ts';
import type { Database } from '../../db/pool.ts';
import { callerOf } from './caller.ts';
import type { ApiScope, Caller } from './caller.ts';
import { problemSchema } from './refuse.ts';
import { PROBLEMS } from './problems.ts';
import type { ProblemCode } from './problems.ts';

export type ApiApp = FastifyInstance;

export interface RouteContext<P, Q, B> {
  caller: Caller;
  params: P;
  query: Q;
  body: B;
  request: FastifyRequest;
  reply: FastifyReply;
  /** Works on what the caller's workspace owns, in one transaction. */
  inWorkspace<T>(
    what: string,
    work: (scope: Scope) => Promise<T>,
    options?: ScopeOptions,
  ): Promise<T>;
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
  'key-limit',
  'internal',
  'unavailable',
];
const WITH_BODY: readonly ProblemCode[] = ['too-large', 'media-type', 'invalid'];

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
      response: { [status]: answer, ...problemAnswers(route) },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      const body = await route.handle({
        caller,
        params: request.params as z.output<P>,
        query: request.query as z.output<Q>,
        body: request.body as z.output<B>,
        request,
        reply,
        inWorkspace: (what, work, options) =>
          inWorkspace(db, caller.workspaceId, what, work, options),
      });
      return reply.code(status).send(body as never);
    },
  });
}

function problemAnswers({
  params,
  query,
  body,
  problems = [],
}: Pick<
  RouteDefinition<z.ZodType, z.ZodType, z.ZodType, z.ZodType>,
  'params' | 'query' | 'body' | 'problems'
>) {
  const codes: ProblemCode[] = [
    ...ALWAYS,
    ...(params ? (['not-found'] as const) : []),
    ...(query ? (['invalid'] as const) : []),
    ...(body ? WITH_BODY : []),
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
