/**
 * `Idempotency-Key`: a request that is sent again with its key does nothing again, and is answered as it
 * was the first time. Of the key only a hash is kept.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import * as records from '../../../db/idempotency.ts';
import type { Begun, KeptAnswer } from '../../../db/idempotency.ts';
import type { Database } from '../../../db/pool.ts';
import { inWorkspace } from '../../../db/scope.ts';
import type { Scope } from '../../../db/scope.ts';
import { canonicalJson } from './canonical-json.ts';
import { callerOf, presentedKey } from '../sign-in/caller.ts';
import { Problem } from '../frame/problems.ts';
import { openAnswer, sealAnswer } from './sealed-answer.ts';

/** What of the headers of every POST is looked at; the others pass. */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'From 1 to 255 visible characters of ASCII')
    .optional()
    .meta({ description: 'Your own word for this request; the same for 24 hours means the same' }),
});

export interface OnceOptions {
  db: Database;
  /** Of success. */
  status: number;
  /** The work has effects outside PostgreSQL; it must be safe to do twice. */
  isTwoPhase: boolean;
  /** The answer holds a secret that only whoever asked may see again. */
  isSecret: boolean;
  /** After that whoever began counts as dead. */
  lockMs?: number;
}

interface Once extends OnceOptions {
  request: FastifyRequest;
  reply: FastifyReply;
  workspaceId: string;
  keyHash: Buffer;
  requestHash: Buffer;
  /** Opens the answer. */
  secret: string;
}

interface Answer {
  text: string;
  again?: KeptAnswer;
}

const LOCK_MS = 60_000;
const AGAIN_SECONDS = 1;
const KEPT_HEADERS = ['location', 'etag'] as const;

const given = new WeakMap<FastifyRequest, unknown>();

/** The body as it came: what a later version fills in must not make another request of it. */
export function rememberBody(request: FastifyRequest): void {
  if (keyOf(request) !== undefined) given.set(request, request.body);
}

export function keyOf({ method, headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  return method === 'POST' && typeof key === 'string' ? key : undefined;
}

/**
 * Answers a request that carries a key.
 * @param work is given the transaction that it must work in, unless it is in two phases
 * @throws {Problem} `request-under-way`, `idempotency-key-reused`; and what `work` throws, of which
 * nothing is kept: it may be tried again.
 */
export async function answerOnce(
  request: FastifyRequest,
  reply: FastifyReply,
  options: OnceOptions,
  work: (scope?: Scope) => Promise<unknown>,
): Promise<FastifyReply> {
  const once = describe(request, reply, options);
  const { text, again } = options.isTwoPhase
    ? await inTwoPhases(once, work)
    : await inOneTransaction(once, work);
  if (again) void reply.headers({ ...again.headers, 'idempotent-replayed': 'true' });
  void reply.code(again?.status ?? options.status);
  // It is serialized already.
  return text === '' ? reply.send() : reply.type('application/json; charset=utf-8').send(text);
}

async function inOneTransaction(
  once: Once,
  work: (scope: Scope) => Promise<unknown>,
): Promise<Answer> {
  let failed: { error: unknown } | undefined;
  try {
    return await inWorkspace(once.db, once.workspaceId, 'Answering once', async (scope) => {
      const begun = await records.begin(scope, lockOf(once));
      if (begun !== 'fresh') return again(once, begun);
      const body = await work(scope).catch((error: unknown) => {
        failed = { error };
        throw error;
      });
      const text = serialized(once, body);
      await records.finish(scope, once.keyHash, kept(once, text));
      return { text };
    });
  } catch (error) {
    for (const name of KEPT_HEADERS) once.reply.removeHeader(name);
    throw failed ? failed.error : error;
  }
}

async function inTwoPhases(once: Once, work: () => Promise<unknown>): Promise<Answer> {
  const inScope = <T>(what: string, step: (scope: Scope) => Promise<T>) =>
    inWorkspace(once.db, once.workspaceId, what, step);
  const begun = await inScope('Beginning a request', (scope) => records.begin(scope, lockOf(once)));
  if (begun !== 'fresh') return again(once, begun);
  let text: string;
  try {
    text = serialized(once, await work());
  } catch (error) {
    const giveUp = isRefusal(error) ? records.forget : records.release;
    // When this fails too, the key is free once its lock is over.
    await inScope('Giving a request up', (scope) => giveUp(scope, once.keyHash)).catch(
      () => undefined,
    );
    throw error;
  }
  // It is done, whether or not that can be noted down: whoever repeats it finds what it made.
  await inScope('Keeping an answer', (scope) =>
    records.finish(scope, once.keyHash, kept(once, text)),
  ).catch(() => undefined);
  return { text };
}

/** Nothing was done; of other errors nobody knows. */
function isRefusal(error: unknown): boolean {
  return error instanceof Problem && error.status < 500;
}

function describe(request: FastifyRequest, reply: FastifyReply, options: OnceOptions): Once {
  const { workspaceId } = callerOf(request);
  const key = keyOf(request) ?? '';
  const { method, routeOptions, params, query } = request;
  const asked = { method, route: routeOptions.url, params, query, body: given.get(request) };
  return {
    ...options,
    request,
    reply,
    workspaceId,
    keyHash: sha256(JSON.stringify([workspaceId, key])),
    requestHash: sha256(canonicalJson(asked)),
    secret: options.isSecret ? presentedKey(request) : key,
  };
}

function lockOf({ keyHash, requestHash, lockMs = LOCK_MS }: Once) {
  return { keyHash, requestHash, lockMs };
}

function serialized({ reply, status }: Once, body: unknown): string {
  if (body === null) return '';
  const text = reply.code(status).serialize(body as object);
  return typeof text === 'string' ? text : Buffer.from(text as ArrayBuffer).toString('utf8');
}

function kept(once: Once, text: string): KeptAnswer {
  const { reply, request, status, secret, isSecret } = once;
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return {
    status,
    headers: Object.fromEntries(headers),
    body: sealAnswer(secret, aboutOf(once), text),
    ...(isSecret && { sealedFor: callerOf(request).keyId }),
  };
}

function again(once: Once, begun: Exclude<Begun, 'fresh'>): Answer {
  if (begun === 'running') {
    throw new Problem('request-under-way', undefined, { retryAfterSeconds: AGAIN_SECONDS });
  }
  if (begun === 'other-request') throw new Problem('idempotency-key-reused');
  const text = openAnswer(once.secret, aboutOf(once), begun.done.body);
  if (text === undefined) {
    throw new Problem('conflict', 'It is done; its answer is for the API key that asked first.');
  }
  return { text, again: begun.done };
}

function aboutOf({ workspaceId, keyHash, requestHash }: Once): Buffer {
  return Buffer.concat([keyHash, requestHash, Buffer.from(workspaceId)]);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
