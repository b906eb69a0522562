import { describe, expect, test } from '@jest/globals';
import { createAssistantLoader } from '../../activities/load-assistant.ts';
import type { AssistantQuery } from '../../activities/load-assistant.ts';
import type { CallParties } from '../../activities/ports.ts';
import type { Assistant } from '../../workflows/assistant.ts';
import { ASSISTANT } from '../workflows/builders.ts';

/** A database that says what it was asked, and may be away. */
function database(found: Partial<Assistant> = {}) {
  const asked: [string, CallParties | undefined][] = [];
  const state = { isAway: false };
  const find = async (what: string, about?: CallParties): Promise<Assistant> => {
    asked.push([what, about]);
    if (state.isAway) throw new Error('away');
    const { customer } = about ?? {};
    return { ...ASSISTANT, ...found, ...(customer && { memory: `of ${customer}` }) };
  };
  const loader = createAssistantLoader({ findById: find, findByNumber: find });
  const loadAssistant = (query: AssistantQuery) => loader.loadAssistant(query);
  return { asked, state, loadAssistant };
}

describe('the assistant of a call', () => {
  test('is read by the number that was called, with what the customer said before', async () => {
    const { loadAssistant, asked } = database();
    expect(await loadAssistant({ number: '+1', customer: '+2' })).toMatchObject({
      id: 'asst_1',
      memory: 'of +2',
    });
    expect(asked).toEqual([['+1', { customer: '+2' }]]);
  });

  test('is read by its id, in the workspace that places the call', async () => {
    const { loadAssistant, asked } = database({ workspaceId: 'ws_1' });
    const query = { number: '+1', assistantId: 'asst_1', workspaceId: 'ws_1', customer: '+2' };
    expect(await loadAssistant(query)).toMatchObject({ id: 'asst_1' });
    expect(asked).toEqual([['asst_1', { customer: '+2', workspaceId: 'ws_1' }]]);
  });

  test('is none when it is of another workspace than the one that places the call', async () => {
    const { loadAssistant } = database({ workspaceId: 'ws_2' });
    const ofWorkspace = { number: '+1', workspaceId: 'ws_1' };
    expect(await loadAssistant(ofWorkspace)).toBeNull();
    expect(await loadAssistant({ ...ofWorkspace, assistantId: 'asst_1' })).toBeNull();
    expect(await loadAssistant({ number: '+1' })).toMatchObject({ workspaceId: 'ws_2' });
  });
});

describe('a number whose owner is asked first', () => {
  const asks = { numberId: 'pn_1', workspaceId: 'ws_1' };
  function asking(otherwise: Assistant | null) {
    const state = { isAway: false };
    const find = async () => {
      if (state.isAway) throw new Error('away');
      return { asks, otherwise };
    };
    const loader = createAssistantLoader({ findById: async () => undefined, findByNumber: find });
    return { state, loadAssistant: (query: AssistantQuery) => loader.loadAssistant(query) };
  }

  test('is told of, with who answers otherwise', async () => {
    const { loadAssistant } = asking(ASSISTANT);
    expect(await loadAssistant({ number: '+1' })).toEqual({ asks, otherwise: ASSISTANT });
    expect(await asking(null).loadAssistant({ number: '+1' })).toEqual({ asks, otherwise: null });
  });

  test('is nobody for a workspace that does not own it', async () => {
    const { loadAssistant } = asking(ASSISTANT);
    expect(await loadAssistant({ number: '+1', workspaceId: 'ws_1' })).toHaveProperty('asks');
    expect(await loadAssistant({ number: '+1', workspaceId: 'ws_2' })).toBeNull();
  });

  test('is answered by its own assistant, and nobody is asked, while the database is away', async () => {
    const { loadAssistant, state } = asking({ ...ASSISTANT, memory: "a caller's own" });
    await loadAssistant({ number: '+1' });
    state.isAway = true;
    expect(await loadAssistant({ number: '+1' })).toEqual(ASSISTANT);
  });
});

describe('with the database away', () => {
  test("the last good answer serves, without another caller's memory", async () => {
    const { loadAssistant, state } = database();
    await loadAssistant({ number: '+1', customer: '+2' });
    state.isAway = true;
    expect(await loadAssistant({ number: '+1', customer: '+3' })).toEqual(ASSISTANT);
  });

  test('no other workspace is served with it', async () => {
    const { loadAssistant, state } = database({ workspaceId: 'ws_1' });
    await loadAssistant({ number: '+1', assistantId: 'asst_1' });
    state.isAway = true;
    const query = { number: '+1', assistantId: 'asst_1', workspaceId: 'ws_2' };
    await expect(loadAssistant(query)).rejects.toThrow('away');
  });

  test('nothing serves when nothing is remembered', async () => {
    const { loadAssistant, state } = database();
    state.isAway = true;
    await expect(loadAssistant({ number: '+1' })).rejects.toThrow('away');
  });
});
