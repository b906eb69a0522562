/** Follows a stream of events over all its connections: each event once, and in order. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient, Query } from './api-client.ts';
import { isBrokenOff } from './api-exchange.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { EventReader } from './server-sent-events.ts';
import type { ServerSentEvent } from './server-sent-events.ts';

export interface FollowOptions {
  query?: Query;
  /** How long the API may be away at first, and later on, before it is a failure; in milliseconds. */
  patienceMs: readonly [atFirst: number, later: number];
  /** Told once each time that it is away, and when it is back. */
  complain: (text: string) => void;
  /** Whether a stream that has ended in order has told everything. */
  isOver?: () => boolean;
}

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

/**
 * @throws {ApiProblem} when the API refuses, also when what came meanwhile is kept no longer;
 * {NotReadyError} when it stays away.
 */
export async function* followEvents(
  api: Pick<ApiClient, 'stream'>,
  path: string,
  { query, patienceMs, complain, isOver = () => false }: FollowOptions,
): AsyncGenerator<ServerSentEvent> {
  let [patience] = patienceMs;
  let lastEventId = '';
  let since = performance.now();
  let failures = 0;
  for (;;) {
    try {
      const bytes = await api.stream(path, query, lastEventId);
      if (failures > 1) complain('The API is back.');
      if (!bytes) return;
      [, patience] = patienceMs;
      failures = 0;
      const reader = new EventReader();
      for await (const some of bytes) {
        since = performance.now();
        yield* reader.read(some);
        lastEventId = reader.lastEventId || lastEventId;
      }
      if (isOver()) return;
    } catch (error) {
      const mayPass = exitCodeOf(error) === EXIT.notReady || isBrokenOff(error);
      if (!mayPass || performance.now() - since > patience) throw error;
      if (failures === 1) complain('The API is away; still watching ...');
    }
    await delay(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random()));
    failures += 1;
  }
}
