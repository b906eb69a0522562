/**
 * What signing in adds to a request: the same trivial route without it, with it, with the limits that come
 * behind it, and with a question to the database each time, in one server, asked in turn over HTTP.
 */
import fastify from 'fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findByHash } from '../../db/api-keys.ts';
import { createDatabase } from '../../db/pool.ts';
import { signIn } from '../../http/api/sign-in/caller.ts';
import type { ApiOptions } from '../../http/api/index.ts';
import { median } from '../statistics.ts';
import { HttpClient } from './http-client.ts';

/** In milliseconds, to a thousandth. */
export interface SignInCost {
  requests: number;
  /** Medians over HTTP. */
  trivial: number;
  signedIn: number;
  limited: number;
  cold: number;
  /** Of the medians: what the sign-in adds, then with the limits, then when nobody is remembered. */
  added: { signedIn: number; limited: number; cold: number };
  /** The hook alone, as it takes the time itself: p50 and p95. */
  inside: { p50: number; p95: number };
  problems: string[];
}

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

const WAYS = ['trivial', 'signedIn', 'limited', 'cold'] as const;
type Way = (typeof WAYS)[number];
const WARMUP = 100;

/** @param api as a process of the api role has it */
export async function measureSignIn(
  api: ApiOptions,
  { databaseUrl, key, requests }: { databaseUrl: string; key: string; requests: number },
): Promise<SignInCost> {
  const role = 'system';
  const system = createDatabase({ url: databaseUrl, role, applicationName: 'voca-bench' });
  const insideMs: number[] = [];
  const signedIn = signIn(api.findCaller, api.simulated, api.keyWatch);
  const find = ({ hash }: { hash: Buffer }) => findByHash(system, hash);
  const { limitRequests } = api;
  const hooks: Record<Way, Hook[]> = {
    trivial: [],
    signedIn: [timed(signedIn, insideMs)],
    limited: [signedIn, ...(limitRequests ? [limitRequests] : [])],
    cold: [signIn(find, api.simulated, api.keyWatch)],
  };
  const app = fastify();
  app.decorateRequest('caller', null);
  for (const way of WAYS) {
    app.get(`/${way}`, { onRequest: hooks[way] }, async () => ({ object: 'nothing' }));
  }
  const client = new HttpClient(await app.listen({ host: '127.0.0.1', port: 0 }), key);
  try {
    const { taken, problems } = await askInTurn(client, requests, insideMs);
    return { requests, ...costOf(taken, insideMs), problems };
  } finally {
    client.close();
    await app.close();
    await system.destroy();
  }
}

async function askInTurn(client: HttpClient, requests: number, insideMs: number[]) {
  const taken: Record<Way, number[]> = { trivial: [], signedIn: [], limited: [], cold: [] };
  const problems: string[] = [];
  for (let at = 0; at < WARMUP + requests; at += 1) {
    if (at === WARMUP) insideMs.length = 0;
    for (const way of WAYS) {
      const { status, ms } = await client.ask(`/${way}`);
      if (at >= WARMUP) taken[way].push(ms);
      if (status !== 200) problems.push(`signing in, ${way}: status ${status}`);
    }
  }
  return { taken, problems };
}

function costOf(taken: Record<Way, number[]>, insideMs: readonly number[]) {
  const of = (way: Way) => thousandths(median(taken[way]));
  const added = (way: Way) => thousandths(median(taken[way]) - median(taken.trivial));
  const sorted = insideMs.toSorted((a, b) => a - b);
  const at = (part: number) => thousandths(sorted[Math.ceil(sorted.length * part) - 1] ?? NaN);
  return {
    trivial: of('trivial'),
    signedIn: of('signedIn'),
    limited: of('limited'),
    cold: of('cold'),
    added: { signedIn: added('signedIn'), limited: added('limited'), cold: added('cold') },
    inside: { p50: at(0.5), p95: at(0.95) },
  };
}

function timed(hook: Hook, insideMs: number[]): Hook {
  return async (request, reply) => {
    const startedAt = performance.now();
    await hook(request, reply);
    insideMs.push(performance.now() - startedAt);
  };
}

function thousandths(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
