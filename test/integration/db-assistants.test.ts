/** Assistants and numbers of workspaces, and what a call reads of them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Assistants } from '../../activities/ports.ts';
import * as assistants from '../../src/db/assistants.ts';
import { createAssistantsForCalls } from '../../src/db/assistants-for-calls.ts';
import { listAllNumbers } from '../../src/db/all-phone-numbers.ts';
import * as numbers from '../../src/db/phone-numbers.ts';
import { seedDefaults } from '../../src/db/seed.ts';
import { draft, testDatabase, WS_A, WS_B } from './support/database.ts';
import type { TestDatabase } from './support/database.ts';

let base: TestDatabase;
let forCalls: Assistants;
beforeAll(async () => {
  base = await testDatabase();
  forCalls = createAssistantsForCalls(base.system);
});
afterAll(() => base.drop());

const create = (id: string, workspaceId = WS_A, more: Partial<assistants.AssistantDraft> = {}) =>
  base.within((scope) => assistants.create(scope, id, { ...draft, ...more }), workspaceId);
const update = (id: string, more: Partial<assistants.AssistantDraft>) =>
  base.within((scope) => assistants.update(scope, id, { ...draft, ...more }));
const find = (id: string) => base.within((scope) => assistants.find(scope, id));
const route = (id: string, number: string, assistantId: string, workspaceId = WS_A) =>
  base.within((scope) => numbers.create(scope, { id, number, assistantId }), workspaceId);

describe('assistants', () => {
  test('are saved in versions, and every version is kept, also after their deletion', async () => {
    const first = await create('asst_kept');
    expect(first).toEqual({
      id: 'asst_kept',
      createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      updatedAt: first.createdAt,
      assistant: { id: 'asst_kept', workspaceId: WS_A, version: 1, ...draft },
    });
    const second = await update('asst_kept', { name: 'Host', firstMessage: 'Hi\u0000\ud800!' });
    expect(second.assistant).toMatchObject({ version: 2, name: 'Host', firstMessage: 'Hi\ufffd!' });
    await expect(find('asst_kept')).resolves.toEqual(second);
    await expect(forCalls.findById('asst_kept')).resolves.toEqual(second.assistant);
    await base.within(async (scope) => {
      expect(await assistants.softDelete(scope, 'asst_kept')).toBe(0);
      expect(await assistants.find(scope, 'asst_kept')).toBeUndefined();
      const versions = await assistants.pageOfVersions(scope, 'asst_kept', { limit: 1 });
      expect(versions).toMatchObject({ hasMore: true, rows: [{ assistant: { version: 2 } }] });
      const older = await assistants.pageOfVersions(scope, 'asst_kept', { limit: 5, below: 2 });
      expect(older).toMatchObject({ hasMore: false, rows: [{ assistant: first.assistant }] });
      const kept = await assistants.findVersion(scope, 'asst_kept', 1);
      expect(kept?.assistant).toEqual(first.assistant);
      expect(await assistants.findVersion(scope, 'asst_kept', 9)).toBeUndefined();
      expect(await assistants.positionOf(scope, 'asst_kept')).toMatchObject({ id: 'asst_kept' });
    });
    await expect(forCalls.findById('asst_kept')).resolves.toBeUndefined();
    await expect(update('asst_kept', {})).rejects.toMatchObject({ name: 'DatabaseError' });
  });

  test('changed at the same time get versions of their own', async () => {
    await create('asst_busy');
    const saved = await Promise.all(Array.from({ length: 8 }, () => update('asst_busy', {})));
    const versions = saved.map(({ assistant }) => assistant.version).sort((a, b) => a - b);
    expect(versions).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('that are locked are not changed by others until the lock is gone', async () => {
    await create('asst_locked');
    const order: string[] = [];
    let other: Promise<void> | undefined;
    await base.within(async (scope) => {
      await assistants.find(scope, 'asst_locked', { lock: true });
      other = update('asst_locked', { name: 'Theirs' }).then(() => void order.push('theirs'));
      await sql`select pg_sleep(0.2)`.execute(scope.trx);
      await assistants.update(scope, 'asst_locked', { ...draft, name: 'Ours' });
      order.push('ours');
    });
    await other;
    expect(order).toEqual(['ours', 'theirs']);
    expect((await find('asst_locked'))?.assistant).toMatchObject({ version: 3, name: 'Theirs' });
  });

  test('keep what they have beside texts, and nothing that is not theirs', async () => {
    const models = [{ provider: 'anthropic', model: 'claude' }, { provider: 'openai' }];
    const more = {
      models,
      variables: { name: 'Ada' },
      metadata: { team: 'x' },
      failure: { endAfter: 3, farewell: 'Sorry, goodbye.' },
    };
    const { assistant } = await create('asst_models', WS_A, {
      ...more,
      ...{ memory: 'canary', workspaceId: WS_B },
    });
    expect(assistant).toEqual({
      ...draft,
      ...more,
      id: 'asst_models',
      version: 1,
      workspaceId: WS_A,
    });
    const without = await update('asst_models', {});
    expect(without.assistant).not.toHaveProperty('models');
    await expect(update('asst_models', { models: [{ provider: 'a b' }] })).rejects.toMatchObject({
      code: 'bad-config',
    });
  });

  test('that were edited into something unusable are refused, by field and without values', async () => {
    await create('asst_edited');
    await sql`update assistants set config = config || '{"apology": 7}' where id = 'asst_edited'`.execute(
      base.owner,
    );
    await expect(forCalls.findById('asst_edited')).rejects.toMatchObject({
      code: 'bad-config',
      retryable: false,
      message: expect.stringContaining('apology'),
    });
    await base.owner
      .updateTable('assistants')
      .set({ deleted_at: new Date() })
      .where('id', '=', 'asst_edited')
      .execute();
  });

  test('of another workspace are not found for one that asks for its own', async () => {
    await create('asst_theirs', WS_B);
    await expect(forCalls.findById('asst_theirs')).resolves.toMatchObject({ workspaceId: WS_B });
    const about = { workspaceId: WS_A };
    await expect(forCalls.findById('asst_theirs', about)).resolves.toBeUndefined();
    await expect(find('asst_theirs')).resolves.toBeUndefined();
  });
});

describe('phone numbers', () => {
  test('lead calls to their assistant, until one of the two is deleted', async () => {
    await create('asst_routed');
    await expect(route('pn_1', '+15005550101', 'asst_routed')).resolves.toMatchObject({
      id: 'pn_1',
      assistantId: 'asst_routed',
      label: null,
    });
    await expect(forCalls.findByNumber('+15005550101')).resolves.toMatchObject({
      id: 'asst_routed',
    });
    await expect(forCalls.findByNumber('+15005550199')).resolves.toBeUndefined();
    await base.within(async (scope) => {
      expect(await assistants.softDelete(scope, 'asst_routed')).toBe(1);
      const changed = await numbers.update(scope, 'pn_1', { assistantId: null, label: 'Front' });
      expect(changed).toMatchObject({ assistantId: null, label: 'Front' });
    });
    await expect(forCalls.findByNumber('+15005550101')).resolves.toBeUndefined();
    await base.within((scope) => numbers.update(scope, 'pn_1', { assistantId: 'asst_routed' }));
    await base.within(async (scope) => {
      expect(await numbers.softDelete(scope, 'pn_1')).toBe(true);
      expect(await numbers.softDelete(scope, 'pn_1')).toBe(false);
      expect(await numbers.find(scope, 'pn_1')).toBeUndefined();
      expect(await numbers.positionOf(scope, 'pn_1')).toBeDefined();
      expect(await numbers.update(scope, 'pn_1', { label: 'x' })).toBeUndefined();
    });
    await expect(forCalls.findByNumber('+15005550101')).resolves.toBeUndefined();
  });

  test('belong to one workspace at a time', async () => {
    await create('asst_one');
    await create('asst_two', WS_B);
    await route('pn_2', '+15005550102', 'asst_one');
    await expect(route('pn_3', '+15005550102', 'asst_two', WS_B)).resolves.toBe('taken');
    await base.within((scope) => numbers.softDelete(scope, 'pn_2'));
    await expect(route('pn_3', '+15005550102', 'asst_two', WS_B)).resolves.toMatchObject({
      id: 'pn_3',
    });
    await expect(forCalls.findByNumber('+15005550102')).resolves.toMatchObject({
      id: 'asst_two',
      workspaceId: WS_B,
    });
    const taken = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        route(
          `pn_race${index}`,
          '+15005550103',
          index % 2 ? 'asst_one' : 'asst_two',
          index % 2 ? WS_A : WS_B,
        ),
      ),
    );
    expect(taken.filter((each) => each === 'taken')).toHaveLength(9);
  });

  test('are not routed to what another workspace has, or nobody', async () => {
    await create('asst_mine');
    await create('asst_hers', WS_B);
    await expect(route('pn_4', '+15005550104', 'asst_hers')).resolves.toBe('no-assistant');
    await expect(route('pn_4', '+15005550104', 'asst_nobody')).resolves.toBe('no-assistant');
    await route('pn_4', '+15005550104', 'asst_mine');
    await base.within(async (scope) => {
      const changes = { assistantId: 'asst_hers' };
      expect(await numbers.update(scope, 'pn_4', changes)).toBe('no-assistant');
    });
  });

  test('remember what a check found, for whoever looks after all of them', async () => {
    await create('asst_checked');
    await route('pn_5', '+15005550105', 'asst_checked');
    const check = { at: '2026-01-01T00:00:00.000Z', differs: ['voice_url'] };
    await base.within((scope) => numbers.setWebhookCheck(scope, 'pn_5', check));
    const all = await listAllNumbers(base.system);
    expect(all).toContainEqual({
      id: 'pn_5',
      workspaceId: WS_A,
      number: '+15005550105',
      carrierSid: null,
      webhookCheck: check,
    });
    await base.within(async (scope) => {
      const request = { limit: 5 };
      const filter = { assistantId: 'asst_checked' };
      expect((await numbers.page(scope, filter, request)).rows).toMatchObject([{ id: 'pn_5' }]);
      expect(await numbers.findByNumber(scope, '+15005550105')).toMatchObject({ id: 'pn_5' });
    });
  });
});

describe('the defaults', () => {
  const defaults = {
    number: { id: 'pn_seed', number: '+15005550200' },
    assistant: { id: 'asst_seed', ...draft },
  };

  test('are put there once by processes that start together', async () => {
    await Promise.all(Array.from({ length: 4 }, () => seedDefaults(base.open(), defaults)));
    await expect(forCalls.findByNumber('+15005550200')).resolves.toEqual({
      ...defaults.assistant,
      version: 1,
      workspaceId: WS_A,
    });
  });

  test('never change what somebody edited, rerouted or removed', async () => {
    await update('asst_seed', { name: 'Mine' });
    await seedDefaults(base.owner, defaults);
    await expect(forCalls.findById('asst_seed')).resolves.toMatchObject({
      name: 'Mine',
      version: 2,
    });
    await base.within(async (scope) => {
      await numbers.softDelete(scope, 'pn_seed');
      await assistants.softDelete(scope, 'asst_seed');
    });
    await seedDefaults(base.owner, defaults);
    await expect(forCalls.findById('asst_seed')).resolves.toBeUndefined();
    await expect(forCalls.findByNumber('+15005550200')).resolves.toBeUndefined();
  });
});
