import { describe, expect, test } from '@jest/globals';
import {
  carriedState,
  hasHeard,
  reduce,
  snapshotOf,
  stepFor,
} from '../../workflows/conversation.ts';
import { utterancesBefore } from '../../workflows/rules/memory.ts';
import { greeted, inbound, outbound, placed, speech } from './builders.ts';

describe('what the model is told', () => {
  test('the greeting, then everything said and heard before the turn', () => {
    const call = greeted().says('1', 'hi').replies('1', 'hello').takes('1').says('2', 'now');
    expect(utterancesBefore(call.state, '2')).toEqual([
      { who: 'assistant', text: 'Hello, how can I help?' },
      { who: 'caller', heard: speech('hi') },
      { who: 'assistant', text: 'hello' },
    ]);
  });

  test('words that were superseded, without a reply', () => {
    const call = greeted({ firstMessage: '' }).says('1', 'one').says('2', 'two');
    expect(utterancesBefore(call.state, '2')).toEqual([{ who: 'caller', heard: speech('one') }]);
  });

  test('words that came late', () => {
    const call = greeted({ firstMessage: '' }).exchanges('2').says('1', 'late').says('3');
    expect(utterancesBefore(call.state, '3').at(-1)).toEqual({
      who: 'caller',
      heard: speech('late'),
    });
  });

  test('no reply that nobody heard, but the words it was for', () => {
    const call = greeted({ firstMessage: '' }).says('1', 'one').replies('1', 'lost').says('1-2');
    expect(utterancesBefore(call.state, '1-2')).toEqual([{ who: 'caller', heard: speech('one') }]);
  });

  test('silence only through the prompt that it was given', () => {
    const call = greeted({ firstMessage: '' }).silent('1').says('2');
    expect(utterancesBefore(call.state, '2')).toEqual([
      { who: 'assistant', text: 'Are you there?' },
    ]);
  });

  test('keys and apologies', () => {
    const call = greeted({ firstMessage: '' }).hears('1', { kind: 'keys', digits: '5' });
    call.replyFails('1').says('2');
    expect(utterancesBefore(call.state, '2')).toEqual([
      { who: 'caller', heard: { kind: 'keys', digits: '5' } },
      { who: 'assistant', text: 'Sorry, could you say that again?' },
    ]);
  });
});

describe('the snapshot', () => {
  const calls = {
    'that rings': inbound(),
    'that is being placed': outbound(),
    'that was placed': placed(),
    'that listens': greeted().exchanges('1'),
    'that is thought about': greeted().says('1').says('2'),
    'that is being ended': greeted().says('1').operatorEnds('Bye'),
    'that is over': greeted().exchanges('1').twilioSays('completed', 9).says('2'),
  };

  test.each(Object.entries(calls))('of a call %s survives JSON', (_, call) => {
    const snapshot = call.snapshot();
    expect(JSON.parse(JSON.stringify(snapshot))).toStrictEqual(snapshot);
    expect(JSON.parse(JSON.stringify(call.state))).toStrictEqual(call.state);
  });

  test('names the turn that is being thought about, the open step and the assistant', () => {
    const call = greeted().exchanges('1').says('2');
    expect(call.snapshot()).toMatchObject({
      status: 'thinking',
      thinkingKey: '2',
      openStep: { say: 'reply 1' },
      assistant: { id: 'asst_1', version: 3, name: 'Receptionist' },
      greeting: 'Hello, how can I help?',
      startedAt: '2026-03-02T10:00:00.000Z',
    });
  });

  test('tells no instructions of the assistant', () => {
    expect(JSON.stringify(greeted().snapshot())).not.toContain('Book tables');
  });
});

describe('a call that continues as new', () => {
  function longCall() {
    const call = greeted();
    for (let turn = 1; turn <= 20; turn++) call.exchanges(String(turn));
    return call;
  }

  test('carries everything said, the greeting and the newest steps', () => {
    const call = longCall();
    const carried = carriedState(call.state);
    expect(carried.turns).toEqual(call.state.turns);
    expect(Object.keys(carried.decided)).toHaveLength(9);
    for (const key of ['0', '13', '20']) {
      expect(stepFor(carried, key)).toEqual(stepFor(call.state, key));
    }
    expect(carried.deadlines).toEqual(call.state.deadlines);
    expect(snapshotOf(carried)).toEqual(call.snapshot());
  });

  test('sends a late duplicate of an old turn to where the call is now', () => {
    const carried = carriedState(longCall().state);
    expect(stepFor(carried, '3')).toMatchObject({ say: '', next: { kind: 'resume' } });
    const again = reduce(carried, { type: 'spoke', key: '3', heard: speech('x'), at: 1 });
    expect(again).toEqual({ state: carried, effects: [] });
  });

  test('still knows that the newest reply was heard', () => {
    const carried = carriedState(longCall().state);
    const status = { callSid: carried.callSid ?? '', callStatus: 'completed' };
    const { state } = reduce(carried, { type: 'status', status, at: carried.startedAt });
    expect(state.turns.at(-1)?.status).toBe('answered');
  });
});

describe('whether words have arrived', () => {
  test('is known for words, for silence and for late words', () => {
    const call = greeted().exchanges('2').says('1').silent('3');
    expect(['1', '2', '3', '4', '3-2'].map((key) => hasHeard(call.state, key))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
