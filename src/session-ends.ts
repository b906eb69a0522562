/** Tells, from time to time, of sessions that have ended because nobody called any more. */
import type { Database } from './db/pool.ts';
import { inWorkspace } from './db/scope.ts';
import { workspacesWithExpired } from './db/session-ends.ts';
import { tellExpired } from './http/api/events/session-ends.ts';
import type { Log } from './log.ts';

const EVERY_MS = 30_000;
const AT_ONCE = 100;

export interface SessionEnds {
  stop(): Promise<void>;
}

/**
 * Any number of processes may do it at once: each end is told once.
 * @param system sees all workspaces
 */
export function watchSessionEnds(system: Database, log: Log, everyMs = EVERY_MS): SessionEnds {
  let isStopped = false;
  let round = Promise.resolve();
  const isOver = () => isStopped;
  const timer = setInterval(() => {
    round = round
      .then(() => tellOfEnds(system, isOver))
      .catch((error: unknown) => {
        log.warn('sessions that are over could not be told of; it is tried again', { error });
      });
  }, everyMs);
  timer.unref();
  return {
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      await round;
    },
  };
}

async function tellOfEnds(system: Database, isStopped: () => boolean): Promise<void> {
  for (const workspaceId of await workspacesWithExpired(system)) {
    for (let told = AT_ONCE; told === AT_ONCE && !isStopped();) {
      told = await inWorkspace(system, workspaceId, 'Telling of sessions', (scope) =>
        tellExpired(scope, AT_ONCE),
      );
    }
  }
}
