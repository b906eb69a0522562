/** Status callbacks in every order leave one and the same record in the database. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCallRecords } from '../../src/db/call-records.ts';
import { findCall } from '../../src/db/calls.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { createDatabase } from '../../src/db/pool.ts';
import type { Database } from '../../src/db/pool.ts';
import { FIRST_WORKSPACE, inWorkspace } from '../../src/db/scope.ts';
import type { CallEvent } from '../../workflows/events.ts';
import { newConversation, reduce } from '../../workflows/conversation.ts';
import type { ConversationEvent } from '../../workflows/rules/state.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import type { FreshDatabase } from './stack.ts';
import { freshDatabase } from './stack.ts';

let fresh: FreshDatabase;
let db: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = createDatabase({ url: fresh.url, applicationName: 'test' });
  await migrateToLatest(db);
});
afterAll(async () => {
  await db.destroy();
  await fresh.drop();
});

const STATUSES = ['queued', 'initiated', 'ringing', 'in-progress', 'completed'];
const callSid = `CA${'1'.repeat(32)}`;

function permutations<T>(items: T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) =>
    permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]),
  );
}

/** What a call's workflow hands to the record when its callbacks come in this order. */
function eventsOf(callId: string, order: string[]): CallEvent[] {
  let at = Date.UTC(2026, 0, 1);
  const input = { callId, direction: 'outbound' as const, accountSid: 'AC1', from: '+1', to: '+2' };
  let state = newConversation(input, at);
  const events: CallEvent[] = [];
  const apply = (event: ConversationEvent) => {
    const next = reduce(state, event);
    state = next.state;
    for (const effect of next.effects) {
      if (effect.do !== 'record') continue;
      const sequence = events.length + 1;
      events.push({ ...effect.event, sequence, at: new Date(event.at).toISOString() });
    }
  };
  apply({ type: 'loaded', assistant: { id: 'asst_1', version: 1, ...demoAssistant }, at });
  apply({ type: 'dialled', result: { outcome: 'accepted', callSid }, at });
  for (const callStatus of order) {
    at += 1000;
    const seconds = callStatus === 'completed' ? { durationSeconds: 3 } : {};
    apply({ type: 'status', status: { callSid, callStatus, ...seconds }, at });
  }
  return events;
}

describe('the record of a call', () => {
  test('is the same for all 120 orders of its status callbacks', async () => {
    const records = createCallRecords(db);
    const seen = new Set<string>();
    let count = 0;
    for (const order of permutations(STATUSES)) {
      const callId = `call_${String(count).padStart(26, '0')}`;
      count += 1;
      for (const event of eventsOf(callId, order))
        await records.record({ callId, events: [event] });
      const stored = await inWorkspace(db, FIRST_WORKSPACE, 'Finding a call', (scope) =>
        findCall(scope, callId),
      );
      const { direction, status, endReason, durationSeconds, turns, assistant } = stored ?? {};
      seen.add(
        JSON.stringify({
          ...{ direction, status, endReason, durationSeconds, turns, assistant },
          wasQueued: stored?.queuedAt !== undefined,
          wasAnswered: stored?.answeredAt !== undefined,
          callSid: stored?.callSid,
        }),
      );
    }
    expect(count).toBe(120);
    expect([...seen]).toHaveLength(1);
    expect([...seen][0]).toContain('"endReason":"caller-hung-up"');
  });
});
