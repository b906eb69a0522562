/** A database of one's own, seen by whoever owns it and in the two roles of the product. */
import { createDatabase } from '../../../src/db/pool.ts';
import type { Database, DatabaseOptions } from '../../../src/db/pool.ts';
import { migrateToLatest } from '../../../src/db/migrate.ts';
import { FIRST_WORKSPACE, inWorkspace } from '../../../src/db/scope.ts';
import type { Scope } from '../../../src/db/scope.ts';
import * as workspaces from '../../../src/db/workspaces.ts';
import type { AssistantDraft } from '../../../src/db/assistants.ts';
import type { Turn } from '../../../workflows/contract.ts';
import type { CallEvent, CallEventBody } from '../../../workflows/events.ts';
import { freshDatabase } from '../stack.ts';

export const WS_A = FIRST_WORKSPACE;
export const WS_B = 'ws_other';

/** To connect: many do so at once on a machine that has much else to do. */
export const PATIENCE_MS = 20_000;

export interface TestDatabase {
  url: string;
  /** Owns the tables. */
  owner: Database;
  app: Database;
  system: Database;
  open(options?: Partial<DatabaseOptions>): Database;
  /** Works in the first workspace, or in another one. */
  within<T>(work: (scope: Scope) => Promise<T>, workspaceId?: string): Promise<T>;
  drop(): Promise<void>;
}

/** Migrated, with two workspaces. */
export async function testDatabase(): Promise<TestDatabase> {
  const fresh = await freshDatabase();
  const opened: Database[] = [];
  const open = (options: Partial<DatabaseOptions> = {}) => {
    const database = createDatabase({
      ...{ url: fresh.url, applicationName: 'voca-test', connectTimeoutMs: PATIENCE_MS },
      ...options,
    });
    opened.push(database);
    return database;
  };
  const owner = open();
  await migrateToLatest(owner);
  const app = open({ role: 'app' });
  const system = open({ role: 'system' });
  await workspaces.create(system, { id: WS_B, name: 'Other' });
  return {
    url: fresh.url,
    owner,
    app,
    system,
    open,
    within: (work, workspaceId = WS_A) => inWorkspace(app, workspaceId, 'Testing', work),
    drop: async () => {
      await Promise.all(opened.map((database) => database.destroy()));
      await fresh.drop();
    },
  };
}

export const draft: AssistantDraft = {
  name: 'Receptionist',
  firstMessage: 'Hello?',
  instructions: 'Take bookings.',
  voice: { language: 'en-US' },
  listen: { keys: true, timeoutSeconds: 5, speechTimeout: 'auto', hints: ['table'] },
  silence: { prompt: 'Are you there?', prompts: 2, farewell: 'Goodbye.' },
  limits: { callSeconds: 600, turns: 50, farewell: 'Time is up.' },
  ending: { phrases: ['goodbye'], message: 'Bye.' },
  apology: 'Sorry?',
};

let counter = 0;
export const nextCallId = (): string => `call_${String(++counter).padStart(26, '0')}`;
export const time = (second: number): string =>
  new Date(1_770_000_000_000 + second * 1_000).toISOString();

export function numbered(...bodies: CallEventBody[]): CallEvent[] {
  return bodies.map((body, index) => ({ sequence: index + 1, at: time(index), ...body }));
}

export const created: CallEventBody = {
  type: 'call.created',
  call: {
    direction: 'inbound',
    accountSid: 'AC1',
    callSid: 'CA1',
    from: '+15005550001',
    to: '+15005550006',
  },
};
export const answered: CallEventBody = {
  type: 'call.answered',
  callSid: 'CA1',
  greeting: 'Hello?',
  assistant: { id: 'asst_test', version: 3 },
};
export const ended: CallEventBody = {
  type: 'call.ended',
  reason: 'caller-hung-up',
  durationSeconds: 42,
};

export function turn(position: number, more: Partial<Turn> = {}): CallEventBody {
  return {
    type: 'call.turn.completed',
    position,
    turn: {
      key: String(position),
      heard: { kind: 'speech', text: `words ${position}`, confidence: 0.9 },
      status: 'answered',
      reply: `reply ${position}`,
      replySource: 'model',
      model: 'demo',
      heardAt: time(position),
      repliedAt: time(position + 1),
      ...more,
    },
  };
}
