/** Our database, put together: repositories for the worker, and how it gets its tables. */
import type { Assistants, CallIndex, CallRecords } from '../activities/ports.ts';
import type { OwnNumbers } from '../activities/number-ports.ts';
import type { AssistantRequestParts } from './assistant-request/index.ts';
import { findAssistantRequest } from './db/assistant-requests.ts';
import { createAssistantsForCalls } from './db/assistants-for-calls.ts';
import { createCallIndex } from './db/call-index.ts';
import { createCallRecords } from './db/call-records.ts';
import { MIGRATION_STATEMENT_MS, migrateToLatest } from './db/migrate.ts';
import { createOwnNumbers } from './db/number-checks.ts';
import { createDatabase } from './db/pool.ts';
import type { Database } from './db/pool.ts';
import { seedDefaults } from './db/seed.ts';
import { EVENT_VIEWS } from './http/api/events/event-data.ts';
import { newId } from './ids.ts';
import type { Log } from './log.ts';
import { demoAssistant } from './orchestrator/index.ts';

export interface OpenDatabase {
  assistants: Assistants;
  findAssistantRequest: AssistantRequestParts['find'];
  records: CallRecords;
  index: CallIndex;
  ownNumbers: OwnNumbers;
  /** Sees all workspaces. */
  system: Database;
  close(): Promise<void>;
}

/** Always the same, so that processes that start together put one there. */
const DEFAULT_ASSISTANT_ID = 'asst_default';

/** Connects when it is first used: what is recorded of calls by workspace, the rest across all of them. */
export function openDatabase(url: string, log: Log): OpenDatabase {
  const open = (role: 'app' | 'system') =>
    createDatabase({
      url,
      role,
      applicationName: 'voca-worker',
      onLost: (error) => log.warn('a database connection was lost', { error }),
    });
  const app = open('app');
  const system = open('system');
  // Of its own: a caller waits for it, and must not stand in line behind records and housekeeping.
  const whileACallerWaits = open('system');
  return {
    assistants: createAssistantsForCalls(whileACallerWaits),
    findAssistantRequest: (number) => findAssistantRequest(whileACallerWaits, number),
    records: createCallRecords(app, system, EVENT_VIEWS),
    index: createCallIndex(system),
    ownNumbers: createOwnNumbers(system),
    system,
    close: async () => {
      await Promise.all([app, system, whileACallerWaits].map((each) => each.destroy()));
    },
  };
}

/**
 * Brings the tables up to date, and puts one default assistant there that answers our number.
 * Safe when several processes do it at once.
 * @throws {DatabaseError} when PostgreSQL does not come within 15 s.
 */
export async function migrateAndSeed(url: string, phoneNumber: string): Promise<void> {
  const db = createDatabase({
    url,
    applicationName: 'voca-migrate',
    maxConnections: 1,
    statementTimeoutMs: MIGRATION_STATEMENT_MS,
  });
  try {
    await migrateToLatest(db);
    await seedDefaults(db, {
      number: { id: newId('pn'), number: phoneNumber },
      assistant: { id: DEFAULT_ASSISTANT_ID, ...demoAssistant },
    });
  } finally {
    await db.destroy();
  }
}
