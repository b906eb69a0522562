/** How much a key and its workspace may ask in a minute. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../sign-in/caller.ts';
import type { Leases, Standing } from './leases.ts';
import { budgetOf } from '../../../request-limits.ts';
import type { Limits } from '../../../request-limits.ts';
import { Problem } from '../frame/problems.ts';

/** The limits of a workspace. Never throws. */
export type FindLimits = (workspaceId: string) => Promise<Limits>;

const NEVER: Standing = {
  allowed: false,
  limit: 0,
  remaining: 0,
  resetMs: 60_000,
  retryMs: 60_000,
};

/**
 * Runs after the sign-in and before the body is read.
 * @param leases that never throw
 */
export function limitRequests(leases: Leases, limitsOf: FindLimits) {
  const pay = async (name: string, perMinute: number): Promise<Standing> =>
    perMinute === 0 ? NEVER : leases.spend({ name, perMinute });

  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { keyId, workspaceId } = callerOf(request);
    const kind = budgetOf(request.method, request.routeOptions.url);
    const limits = await limitsOf(workspaceId);
    const ofKey = await pay(`${keyId}:${kind}`, limits.key[kind]);
    if (!ofKey.allowed) return refuse(reply, ofKey, `This key has used up its ${kind}.`);
    const ofAll = await pay(`${workspaceId}:${kind}`, limits.workspace[kind]);
    if (!ofAll.allowed) return refuse(reply, ofAll, `The workspace has used up its ${kind}.`);
    show(reply, ofKey.remaining <= ofAll.remaining ? ofKey : ofAll);
  };
}

function refuse(reply: FastifyReply, standing: Standing, detail: string): never {
  show(reply, standing);
  throw new Problem('key-limit', detail, { retryAfterSeconds: seconds(standing.retryMs) });
}

function show(reply: FastifyReply, { limit, remaining, resetMs }: Standing): void {
  void reply.headers({
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(Math.floor(remaining)),
    'ratelimit-reset': String(Math.ceil(resetMs / 1_000)),
  });
}

/** Whole seconds, at least one. */
export function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
