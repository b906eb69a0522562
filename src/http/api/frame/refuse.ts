/** Makes a problem of everything that goes wrong, and answers it as RFC 9457 wants. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Log } from '../../../log.ts';
import { routeOf } from '../../twilio-request.ts';
import { Problem, PROBLEMS } from './problems.ts';
import type { Fault } from './problems.ts';

export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Leads to an explanation' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    request_id: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), code: z.string(), message: z.string() }))
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

const MAX_FAULTS = 50;
const RETRY_AFTER_SECONDS = 2;

/** Answers every failure of the routes below `app` with a problem. */
export function refuseWithProblems(app: FastifyInstance, publicUrl: string, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error, request);
    if (problem.status >= 500) {
      const route = routeOf(request);
      log.error('a request to the API failed', { route, requestId: request.id, error });
    }
    return answer(reply, problem, publicUrl, request);
  });
}

/** Answers a request to the API that is turned away before any route sees it. */
export function refuseUnread(
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl: string,
): FastifyReply {
  void reply.header('voca-request-id', request.id).header('cache-control', 'no-store');
  return answer(reply, new Problem('bad-request'), publicUrl, request);
}

function answer(
  reply: FastifyReply,
  problem: Problem,
  publicUrl: string,
  request: FastifyRequest,
): FastifyReply {
  const { code, status, faults, retryAfter } = problem;
  const body = {
    type: `${publicUrl}/problems/${code}`,
    title: PROBLEMS[code][1],
    status,
    detail: problem.message,
    // Without the query: it may name numbers.
    instance: request.url.split('?', 1)[0],
    code,
    request_id: request.id,
    ...(faults.length > 0 && { errors: faults }),
  };
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(body);
}

function problemOf(error: FastifyError, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error.validation) return refusedFields(error);
  const known = KNOWN[error.name];
  if (known) return known(error as Error & { retryable?: boolean });
  switch (error.statusCode) {
    case 413:
      return new Problem('too-large');
    case 415:
      return new Problem('media-type');
    case 400:
      return new Problem('bad-request');
    // Of the files of the documentation, such as one outside their folder.
    case 403:
    case 404:
      return new Problem('not-found');
    default:
      return request.raw.destroyed ? new Problem('bad-request') : new Problem('internal');
  }
}

/** Errors of parts that know nothing of HTTP, by their names. */
const KNOWN: Record<string, (error: Error & { retryable?: boolean }) => Problem> = {
  DatabaseError: ({ retryable }) => (retryable ? away('The database is away.') : broken()),
  // Its message holds nothing but the carrier's code.
  CarrierError: ({ retryable, message }) =>
    retryable ? away(message) : new Problem('carrier-refused', message),
  NotReadyError: ({ message }) => away(message),
  TemporalSilentError: ({ message }) => away(message),
};

function away(detail: string): Problem {
  return new Problem('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function broken(): Problem {
  return new Problem('internal');
}

/** An id in a path that cannot be one is nothing that exists. */
function refusedFields(error: FastifyError): Problem {
  if (error.validationContext === 'params') return new Problem('not-found');
  const faults = (error.validation ?? [])
    .flatMap((each) => faultsOf(each, error.validationContext))
    .slice(0, MAX_FAULTS);
  return new Problem('invalid', undefined, { faults });
}

type Validation = NonNullable<FastifyError['validation']>[number];

/** A fault for each unknown field, at its own place. */
function faultsOf(each: Validation, context: FastifyError['validationContext']): Fault[] {
  const at = each.instancePath === '/' ? '' : each.instancePath;
  const { keys } = each.params;
  if (each.keyword === 'unrecognized_keys' && Array.isArray(keys)) {
    return keys.map((key) => ({
      pointer: pointerTo(`${at}/${escaped(String(key))}`, context),
      code: 'unknown-field',
      message: 'There is no such field here',
    }));
  }
  return [
    { pointer: pointerTo(at, context), code: each.keyword, message: each.message ?? 'Not valid' },
  ];
}

/** @see https://www.rfc-editor.org/rfc/rfc6901 */
function escaped(name: string): string {
  return name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1');
}

function pointerTo(path: string, context: FastifyError['validationContext']): string {
  if (context === 'querystring') return `?${path.slice(1)}`;
  return context === 'headers' ? path.slice(1) : path;
}
