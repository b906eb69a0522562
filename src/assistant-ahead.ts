/** Reads who answers an inbound call before its workflow is started, which has one thing less to do. */
import { createAssistantLoader, withinPatience } from '../activities/load-assistant.ts';
import type { AssistantQuery, LoadedAssistant } from '../activities/load-assistant.ts';
import type { Assistants } from '../activities/ports.ts';
import { createAssistantsForCalls } from './db/assistants-for-calls.ts';
import { createDatabase } from './db/pool.ts';
import type { Log } from './log.ts';

/** Undefined: it was not read in time, and whoever works on the call reads it. Never rejects. */
export type FindAhead = (
  query: Pick<AssistantQuery, 'number' | 'customer'>,
) => Promise<LoadedAssistant | undefined>;

/**
 * A read takes some 2 ms. With a slow database, this is what a first webhook loses before the call's workflow
 * reads it; of an assistant that was read before, the last good copy serves after 0.7 s.
 */
const PATIENCE_MS = 60;

export interface AssistantsAhead {
  find: FindAhead;
  close(): Promise<void>;
}

/** Connections of their own: a caller waits, and must not stand in line behind requests of the API. */
const MAX_CONNECTIONS = 3;

/** Connects when it is first used. */
export function openAssistantsAhead(url: string, log: Log): AssistantsAhead {
  const database = createDatabase({
    url,
    role: 'system',
    applicationName: 'voca-api',
    maxConnections: MAX_CONNECTIONS,
    onLost: (error) => log.warn('a database connection was lost', { error }),
  });
  return {
    find: findAssistantsAhead(createAssistantsForCalls(database)),
    close: () => database.destroy(),
  };
}

export function findAssistantsAhead(assistants: Assistants): FindAhead {
  const loader = createAssistantLoader(assistants);
  return async (query) => {
    const reading: Promise<LoadedAssistant | undefined> = loader.loadAssistant(query);
    // Nobody else may remember it: the workers read only what was not read here.
    return loader.remembers(query) ? reading : withinPatience(reading, undefined, PATIENCE_MS);
  };
}
