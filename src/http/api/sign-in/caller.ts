/** Who asks: the workspace and the rights behind an API key. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { faceOf } from '../../../api-key.ts';
import type { KeyFace, KeyMode } from '../../../api-key.ts';
import type { ApiScope } from '../../../api-scopes.ts';
import { vouchFor } from '../../../connection-limits.ts';
import { Problem } from '../frame/problems.ts';

export { SCOPES } from '../../../api-scopes.ts';
export type { ApiScope } from '../../../api-scopes.ts';

export interface Caller {
  keyId: string;
  workspaceId: string;
  mode: KeyMode;
  scopes: readonly string[];
  /** When the key stops working by itself, in milliseconds since 1970. */
  expiresAtMs?: number;
}

/** Looks up who has a key; undefined when nobody has (any more). @throws when it cannot be looked up. */
export type FindCaller = (face: KeyFace) => Promise<Caller | undefined>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the request was signed in. */
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** The right that the route needs. */
    scope?: ApiScope;
  }
}

export function hasScope({ scopes }: Pick<Caller, 'scopes'>, needed: ApiScope): boolean {
  return scopes.includes('admin') || scopes.includes(needed);
}

/** Told of every key that is tried. */
export interface KeyWatch {
  /** How long whoever asks must wait, in milliseconds; 0 when the key may be looked up. */
  waitMs(request: FastifyRequest, face: KeyFace | undefined): number;
  wasGood(request: FastifyRequest, face: KeyFace, caller: Caller): void;
  /** It could not be looked up. */
  wasUnclear(request: FastifyRequest, face: KeyFace): void;
  wasBad(request: FastifyRequest, face: KeyFace | undefined): void;
}

/**
 * Signs a request in. It runs before the body is read: a stranger cannot make us read one.
 * @param simulated whether the carrier is a simulator, where test keys work
 */
export function signIn(find: FindCaller, simulated: boolean, watch?: KeyWatch) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const key = bearerOf(request.headers.authorization);
    if (key === undefined) {
      void reply.header('www-authenticate', 'Bearer');
      throw new Problem('key-missing');
    }
    const face = faceOf(key);
    const waitMs = watch?.waitMs(request, face) ?? 0;
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1_000);
      throw new Problem('key-limit', 'Too many bad keys came from here.', { retryAfterSeconds });
    }
    const caller =
      face &&
      (await find(face).catch((error: unknown) => {
        watch?.wasUnclear(request, face);
        throw error;
      }));
    if (!face || !caller) {
      watch?.wasBad(request, face);
      void reply.header('www-authenticate', 'Bearer error="invalid_token"');
      throw new Problem('key-unknown');
    }
    request.caller = caller;
    vouchFor(request.raw.socket);
    watch?.wasGood(request, face, caller);
    if (caller.mode === 'test' && !simulated) throw new Problem('test-key-needs-simulator');
    const needed = request.routeOptions.config.scope;
    if (needed !== undefined && !hasScope(caller, needed)) {
      throw new Problem('scope-missing', `This needs the scope ${needed}.`);
    }
  };
}

function bearerOf(header: string | undefined): string | undefined {
  const match = /^Bearer +(\S{1,200})$/i.exec(header ?? '');
  return match?.[1];
}

/** The key that a request was signed in with. */
export function presentedKey(request: FastifyRequest): string {
  return bearerOf(request.headers.authorization) ?? '';
}

/** @throws when the route forgot to sign its callers in, which no route can. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error('A route of the API without a caller');
  return request.caller;
}
