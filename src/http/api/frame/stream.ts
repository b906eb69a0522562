/** One route of the API that answers with server-sent events, for as long as the client listens. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Database } from '../../../db/pool.ts';
import { Bell } from '../../../event-stream/bell.ts';
import type { OpenStreams } from '../../../event-stream/open-streams.ts';
import type { Log } from '../../../log.ts';
import { callerOf } from '../sign-in/caller.ts';
import type { ApiScope } from '../sign-in/caller.ts';
import { Problem } from './problems.ts';
import type { ProblemCode } from './problems.ts';
import { contextOf, problemAnswers } from './route.ts';
import type { ApiApp, RouteContext } from './route.ts';
import { writeStream } from './stream-writer.ts';
import type { StreamSource, StreamTimes } from './stream-writer.ts';

export interface StreamParts extends StreamTimes {
  open: OpenStreams;
  log: Log;
}

export interface StreamContext<P, Q> extends Omit<
  RouteContext<P, Q, undefined>,
  'body' | 'idempotencyKey'
> {
  /** What the client has read last, by its own word. */
  lastEventId: string | undefined;
  /** To be rung when there may be something new. */
  bell: Bell;
}

export interface StreamDefinition<P extends z.ZodType, Q extends z.ZodType> {
  /** Below `/v1`. */
  path: string;
  /** Unique; what generated clients call it. */
  name: string;
  summary: string;
  description: string;
  tag: string;
  scope: ApiScope;
  params?: P;
  query?: Q;
  problems?: readonly ProblemCode[];
  /** How it may look. */
  example: string;
  /** @returns undefined when there is nothing, and never will be: a browser does not come back then. */
  start: (context: StreamContext<z.output<P>, z.output<Q>>) => Promise<StreamSource | undefined>;
}

const LAST_EVENT_ID = z.looseObject({
  'last-event-id': z
    .string()
    .max(100)
    .optional()
    .meta({
      description:
        'The newest `id` that came over an earlier connection: the stream goes on behind it, on whichever process. ' +
        'Browsers send it by themselves.',
    }),
});
const OF_STREAMS: readonly ProblemCode[] = ['event-unknown', 'stream-limit'];
const COME_BACK_SECONDS = 5;

/** Registers a route; `app` is the API's own scope. */
export function addStream<P extends z.ZodType = z.ZodObject, Q extends z.ZodType = z.ZodObject>(
  app: ApiApp,
  db: Database,
  parts: StreamParts,
  route: StreamDefinition<P, Q>,
): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: route.path,
    // A HEAD would open a stream that nobody reads.
    exposeHeadRoute: false,
    config: { scope: route.scope },
    schema: {
      operationId: route.name,
      summary: route.summary,
      tags: [route.tag],
      description: `${route.description}\n\nNeeds the scope \`${route.scope}\`.`,
      ...(route.params && { params: route.params }),
      querystring: route.query ?? z.strictObject({}),
      headers: LAST_EVENT_ID,
      response: {
        200: {
          description: 'Server-sent events',
          content: {
            'text/event-stream': { schema: z.string().meta({ examples: [route.example] }) },
          },
        },
        204: z.null(),
        ...problemAnswers({
          method: 'GET',
          ...(route.params && { params: route.params }),
          problems: [...OF_STREAMS, ...(route.problems ?? [])],
        }),
      },
    },
    handler: (request, reply) => answer(db, parts, route, request, reply) as never,
  });
}

async function answer<P extends z.ZodType, Q extends z.ZodType>(
  db: Database,
  parts: StreamParts,
  route: StreamDefinition<P, Q>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const bell = new Bell();
  const ending = new AbortController();
  const end = () => {
    ending.abort();
    bell.ring();
  };
  const leave = enter(parts.open, request, route.scope, end);
  try {
    const source = await route.start({
      ...contextOf<z.output<P>, z.output<Q>, undefined>(db, request, reply, undefined),
      lastEventId: lastEventIdOf(request),
      bell,
    });
    if (!source) {
      leave();
      return await reply.code(204).send(null);
    }
    const close = () => {
      end();
      source.close();
      leave();
    };
    reply.raw.once('close', close);
    if (reply.raw.destroyed) close();
    const lines = writeStream(source, {
      ...parts,
      bell,
      ended: ending.signal,
      cut: () => reply.raw.destroy(),
    });
    return await reply
      .header('content-type', 'text/event-stream')
      // A proxy is to pass on each event at once.
      .header('x-accel-buffering', 'no')
      // When the stream ends because this process stops, its connection is not to hold it.
      .header('connection', 'close')
      .send(Readable.from(lines, { objectMode: false }));
  } catch (error) {
    leave();
    throw error;
  }
}

/** @returns to be called when the stream is over. @throws {Problem} when there is no room. */
function enter(
  open: OpenStreams,
  request: FastifyRequest,
  scope: ApiScope,
  end: () => void,
): () => void {
  const { workspaceId, keyId, expiresAtMs } = callerOf(request);
  const retryAfterSeconds = COME_BACK_SECONDS;
  if (open.isClosed) {
    throw new Problem('unavailable', 'This process is stopping.', { retryAfterSeconds: 1 });
  }
  if (!open.hasRoom(workspaceId))
    throw new Problem('stream-limit', undefined, { retryAfterSeconds });
  const holder = { workspaceId, keyId, scope, ...(expiresAtMs !== undefined && { expiresAtMs }) };
  return open.add(holder, end);
}

/** An empty one is none: it is what a browser has before the first event. */
function lastEventIdOf({ headers }: FastifyRequest): string | undefined {
  const given = headers['last-event-id'];
  return typeof given === 'string' && given !== '' ? given : undefined;
}
