/** Placing calls over the API while Temporal or its workers are not there, or do not say. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CallUnclearError, NotReadyError } from '../../src/call-errors.ts';
import { CallManager } from '../../src/call-manager.ts';
import type { CallOptions } from '../../src/call-manager.ts';
import { createCallRecords } from '../../src/db/call-records.ts';
import { softDelete } from '../../src/db/calls.ts';
import { eraseCallRows } from '../../src/db/erase-call-rows.ts';
import * as phoneNumbers from '../../src/db/phone-numbers.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import type { Scope } from '../../src/db/scope.ts';
import { outboundCallId } from '../../src/ids.ts';
import { linkToTemporal } from '../../src/temporal/connection.ts';
import type { TemporalLink } from '../../src/temporal/connection.ts';
import type { CallSnapshot } from '../../workflows/contract.ts';
import type { ApiBench, ApiProcess } from './support/api.ts';
import { openApiBench } from './support/api.ts';

const TO = '+14155550123';
const OURS = ['+15005550006', '+15005550007'] as const;

/** As if it had asked Temporal. */
class ScriptedManager extends CallManager {
  readonly placed: CallOptions[] = [];
  script: (callId: string) => Partial<CallSnapshot> | Error = () => ({ dial: 'accepted' });

  override async makeCall(to: string, options: CallOptions = {}): Promise<CallSnapshot> {
    const { callId = '', from = '' } = options;
    this.placed.push(options);
    const outcome = this.script(callId);
    if (outcome instanceof Error) throw outcome;
    const startedAt = '2026-03-01T12:00:00Z';
    const call = { callId, direction: 'outbound', from, to, turns: [], startedAt } as const;
    return { ...call, turns: [], status: 'dialling', ...outcome };
  }
}

interface CallBody {
  id: string;
  dial: string | null;
  from: string;
  code?: string;
  errors?: { pointer: string; code: string }[];
}

let bench: ApiBench;
let api: ApiProcess;
let link: TemporalLink;
let manager: ScriptedManager;
let key: string;
let workspaceId: string;
let numberId: string;
let assistantId: string;

beforeAll(async () => {
  bench = await openApiBench();
  link = linkToTemporal({ address: '127.0.0.1:9', namespace: 'default' });
  manager = new ScriptedManager({ client: link.client, accountSid: 'AC1', fromNumber: OURS[0] });
  const nobody = () => Promise.reject(new NotReadyError('Temporal does not answer.'));
  api = await bench.start({
    options: { calls: { manager, erase: { call: nobody, session: nobody } } },
  });
  workspaceId = await bench.workspace();
  key = await bench.key(workspaceId);
  const made = await api.ask<{ id: string }>('/v1/assistants', {
    key,
    body: { name: 'Anna', instructions: 'Take orders of {{who}}.', variables: { who: 'all' } },
  });
  assistantId = made.body.id;
  numberId = await addNumber(OURS[0]);
});
afterAll(async () => {
  await bench.close();
  await link.close();
});
beforeEach(() => {
  manager.placed.length = 0;
  manager.script = () => ({ dial: 'accepted' });
});

async function addNumber(number: string): Promise<string> {
  const id = `pn_${number.slice(1)}`;
  await inWorkspace(bench.db, workspaceId, 'Making a number', (scope) =>
    phoneNumbers.create(scope, { id, number }),
  );
  return id;
}

const place = (more: object = {}, once?: string) =>
  api.ask<CallBody>('/v1/calls', {
    key,
    body: { to: TO, assistant_id: assistantId, ...more },
    headers: once === undefined ? {} : { 'idempotency-key': once },
  });

describe('a call', () => {
  test('that may have been placed is answered with 202 and its id, and asked for again with its key', async () => {
    manager.script = (callId) => new CallUnclearError(callId);
    const first = await place({}, 'unclear');
    expect([first.status, first.body.dial]).toEqual([202, 'unclear']);
    expect(first.body.id).toBe(manager.placed[0]?.callId);
    manager.script = () => ({ dial: 'accepted' });
    const second = await place({}, 'unclear');
    expect([second.status, second.body.dial]).toEqual([201, 'accepted']);
    expect(second.body.id).toBe(first.body.id);
    expect(second.headers.get('idempotent-replayed')).toBeNull();
    const third = await place({}, 'unclear');
    expect(third.headers.get('idempotent-replayed')).toBe('true');
    expect(manager.placed).toHaveLength(2);
  });

  test('that the carrier has not taken yet is answered with 202', async () => {
    manager.script = () => ({});
    const { status, body } = await place();
    expect([status, body.dial]).toEqual([202, null]);
  });

  test('that the carrier refused is placed, and says so', async () => {
    manager.script = () => ({ dial: 'refused', status: 'ended', endReason: 'dial-refused' });
    const { status, body } = await place();
    expect([status, body]).toMatchObject([201, { dial: 'refused', end_reason: 'dial-refused' }]);
  });

  test('that cannot be placed now is told to come back, and its key stays free', async () => {
    manager.script = () => new NotReadyError('No worker was found in time.');
    const first = await place({}, 'not-ready');
    expect([first.status, first.body.code]).toEqual([503, 'unavailable']);
    expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0);
    manager.script = () => ({ dial: 'accepted' });
    expect((await place({}, 'not-ready')).status).toBe(201);
    expect(new Set(manager.placed.map(({ callId }) => callId)).size).toBe(1);
  });

  test('of a key belongs to its workspace: another one places its own', async () => {
    await place({}, 'shared');
    const id = await bench.workspace();
    const stranger = await bench.key(id);
    const answer = await api.ask<CallBody>('/v1/calls', {
      key: stranger,
      body: { to: TO, assistant_id: assistantId },
      headers: { 'idempotency-key': 'shared' },
    });
    expect(answer.status).toBe(422);
    expect(manager.placed).toHaveLength(1);
  });

  test('that was erased or hidden keeps its key, when neither its answer nor its workflow is left', async () => {
    /** As a call that was placed long ago with this key. */
    const recorded = async (once: string): Promise<string> => {
      const callId = outboundCallId(workspaceId, once);
      const call = { direction: 'outbound', accountSid: 'AC1', from: OURS[0], to: TO } as const;
      const at = new Date().toISOString();
      const created = { sequence: 1, at, type: 'call.created' } as const;
      const events = [{ ...created, call: { ...call, workspaceId } }];
      await createCallRecords(bench.db).record({ callId, events });
      return callId;
    };
    const within = (work: (scope: Scope) => Promise<unknown>) =>
      inWorkspace(bench.db, workspaceId, 'Testing', work);
    const erased = await recorded('long-erased');
    await within((scope) => eraseCallRows(scope, erased));
    const again = await place({}, 'long-erased');
    expect([again.status, again.body.id]).toEqual([201, erased]);
    const hidden = await recorded('long-hidden');
    await within((scope) => softDelete(scope, hidden));
    expect((await place({}, 'long-hidden')).status).toBe(409);
    expect(manager.placed).toEqual([]);
  });

  test('is placed for its workspace, with what it was given', async () => {
    await place({ variables: { who: 'Ada' }, metadata: { a: 'b' } });
    expect(manager.placed[0]).toMatchObject({
      workspaceId,
      assistantId,
      from: OURS[0],
      variables: { who: 'Ada' },
      metadata: { a: 'b' },
    });
  });

  test('without an assistant needs a number that is routed to one', async () => {
    const refused = await place({ assistant_id: undefined });
    expect(refused.body.errors).toMatchObject([{ pointer: '/assistant_id', code: 'required' }]);
    await inWorkspace(bench.db, workspaceId, 'Routing', (scope) =>
      phoneNumbers.update(scope, numberId, { assistantId }),
    );
    expect((await place({ assistant_id: undefined })).status).toBe(201);
    expect(manager.placed).toMatchObject([{ assistantId }]);
  });

  test('names a number as soon as there are several', async () => {
    const second = await addNumber(OURS[1]);
    const refused = await place();
    expect(refused.body.errors).toMatchObject([{ pointer: '/phone_number_id', code: 'required' }]);
    expect((await place({ phone_number_id: second })).body.from).toBe(OURS[1]);
    expect((await place({ from: OURS[0] })).body.from).toBe(OURS[0]);
    const both = await place({ from: OURS[0], phone_number_id: second });
    expect(both.body.errors).toMatchObject([{ pointer: '/from', code: 'exclusive' }]);
  });
});

describe('with Temporal away', () => {
  test('what needs it is a problem that tells to come back', async () => {
    const away = await bench.start();
    const unknown = `/v1/calls/call_${'0'.repeat(26)}`;
    for (const [path, method] of [
      [unknown, 'GET'],
      [`${unknown}/hangup`, 'POST'],
    ] as const) {
      const { status, headers } = await away.ask(path, { key, method });
      expect([path, status, headers.get('retry-after')]).toEqual([path, 503, '2']);
    }
    expect((await away.ask('/v1/calls', { key })).status).toBe(200);
  });
});
