/** Whose call it is, what fills its texts, and what is known of earlier calls. */
import { describe, expect, test } from '@jest/globals';
import { callSoFar, hasCallerSpoken, sessionSoFar } from '../../workflows/rules/memory.ts';
import { ASSISTANT, greeted, inbound, inboundInput, outboundInput, TestCall } from './builders.ts';

const WORKSPACE = 'ws_1';
const TEMPLATE = { ...ASSISTANT, firstMessage: 'Hello {{name}}.', workspaceId: WORKSPACE };

describe('a call that is placed with variables and metadata', () => {
  const call = () => {
    const input = { ...outboundInput(), variables: { name: 'Ada' }, metadata: { order: '7' } };
    return new TestCall({ ...input, workspaceId: WORKSPACE }).loaded({
      ...TEMPLATE,
      variables: { name: 'friend' },
      metadata: { team: 'blue' },
    });
  };

  test('speaks texts that are filled, also in a new run', () => {
    expect(call().begun().step('0')?.say).toBe('Hello Ada.');
    expect(call().moves().begun().step('0')?.say).toBe('Hello Ada.');
  });

  test('is recorded with its workspace and metadata, and without the variables', () => {
    expect(call().records()[0]).toEqual({
      type: 'call.created',
      call: {
        direction: 'outbound',
        accountSid: 'AC1',
        from: '+4420000001',
        to: '+4420000002',
        workspaceId: WORKSPACE,
        metadata: { order: '7' },
      },
      assistant: { id: 'asst_1', version: 3, workspaceId: WORKSPACE },
    });
  });

  test('shows its workspace and metadata, and no variable', () => {
    expect(call().snapshot()).toMatchObject({ workspaceId: WORKSPACE, metadata: { order: '7' } });
    expect(JSON.stringify(call().snapshot())).not.toContain('Ada');
  });

  test('keeps only what its turns need', () => {
    const { state } = call();
    expect(state.assistant).not.toHaveProperty('metadata');
    expect(state.assistant).not.toHaveProperty('variables');
    expect(state.call).not.toHaveProperty('variables');
  });
});

describe('an inbound call of which somebody has said how it is to be spoken', () => {
  const call = () =>
    new TestCall(inboundInput()).happen({
      type: 'loaded',
      assistant: { ...TEMPLATE, variables: { name: 'friend' } },
      variables: { name: 'Ada' },
      metadata: { order: '7' },
    });

  test('speaks texts that are filled, also in a new run', () => {
    expect(call().begun().step('0')?.say).toBe('Hello Ada.');
    expect(call().moves().begun().step('0')?.say).toBe('Hello Ada.');
  });

  test('is recorded and shown with its metadata, and without the variables', () => {
    expect(call().records()[0]).toMatchObject({ call: { metadata: { order: '7' } } });
    expect(call().moves().snapshot()).toMatchObject({ metadata: { order: '7' } });
    expect(JSON.stringify([call().records(), call().state])).not.toContain('"variables"');
  });
});

describe('an inbound call', () => {
  test('belongs to the workspace of its assistant', () => {
    expect(new TestCall(inboundInput()).loaded(TEMPLATE).snapshot().workspaceId).toBe(WORKSPACE);
    expect(inbound().snapshot()).not.toHaveProperty('workspaceId');
  });
});

describe('what is known of earlier calls', () => {
  test('is told apart from the assistant, in every question of the call', () => {
    const { state } = greeted({ memory: 'Ada is vegan.' }).says('1');
    const soFar = callSoFar(state, []);
    expect(soFar?.memory).toBe('Ada is vegan.');
    const { id, version, instructions, voice, apology } = ASSISTANT;
    expect(soFar?.assistant).toEqual({ id, version, instructions, voice, apology });
    const models = [{ provider: 'anthropic' }];
    expect(callSoFar(greeted({ models }).state, [])?.assistant.models).toEqual(models);
    expect(callSoFar(greeted().state, [])).not.toHaveProperty('memory');
  });

  test('is summed up with all that was said, the greeting and the last words too', () => {
    const call = greeted({ memory: 'Ada is vegan.' }).exchanges('1').twilioSays('completed', 3);
    call.says('2', 'at eight');
    expect(sessionSoFar(call.state)).toMatchObject({
      memory: 'Ada is vegan.',
      utterances: [
        { text: 'Hello, how can I help?' },
        { heard: { text: 'words 1' } },
        { text: 'reply 1' },
        { heard: { text: 'at eight' } },
      ],
    });
  });

  test('is summed up from the running summary and the newest turns of a call that moved', () => {
    const call = greeted({ limits: { ...ASSISTANT.limits, turns: 100 } });
    for (let turn = 1; turn <= 41; turn += 1) call.exchanges(String(turn));
    call.isSummedUp('A table for four.').moves().exchanges('42').twilioSays('completed', 3);
    const soFar = sessionSoFar(call.state);
    expect(soFar?.summary).toBe('A table for four.');
    expect(soFar?.utterances).toHaveLength(2 * 21);
    expect(soFar?.utterances.at(-1)).toEqual({ who: 'assistant', text: 'reply 42' });
  });

  test('cannot be summed up without an assistant', () => {
    expect(sessionSoFar(new TestCall(inboundInput()).loaded().state)).toBeUndefined();
  });
});

describe('whether the caller has said anything', () => {
  const spoken = (call: TestCall) => hasCallerSpoken(call.state);

  test('is true for words and keys, answered or not', () => {
    expect(spoken(greeted().says('1'))).toBe(true);
    expect(spoken(greeted().hears('1', { kind: 'keys', digits: '1' }))).toBe(true);
    expect(spoken(greeted().twilioSays('completed').says('1'))).toBe(true);
    expect(spoken(greeted().says('1').replyFails('1'))).toBe(true);
  });

  test('is false for silence, and for speech of which nothing was understood', () => {
    expect(spoken(greeted())).toBe(false);
    expect(spoken(greeted().silent('1').silent('2').says('3', ' '))).toBe(false);
  });
});
