import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { ASSISTANT, inboundInput, outboundInput, SID, speech, TestCall } from './builders.ts';
import type { Happening } from './builders.ts';
import type { CallInput } from '../../workflows/contract.ts';
import { faultsOf, foldRecords } from './fold-records.ts';
import type { FinalRecord } from './fold-records.ts';

function* permutations<T>(items: T[]): Generator<T[]> {
  if (items.length <= 1) {
    yield items;
    return;
  }
  for (let i = 0; i < items.length; i++) {
    const rest = items.toSpliced(i, 1);
    for (const others of permutations(rest)) yield [items[i]!, ...others];
  }
}

function status(callStatus: string, durationSeconds?: number): Happening {
  return {
    type: 'status',
    status: { callSid: SID, callStatus, ...(durationSeconds !== undefined && { durationSeconds }) },
  };
}

function play(input: CallInput, happenings: Happening[]): TestCall {
  const call = new TestCall(input).loaded(ASSISTANT);
  for (const happening of happenings) call.happen(happening);
  return call;
}

/** All different final records of these orders. */
function finalRecords(input: CallInput, orders: Iterable<Happening[]>): FinalRecord[] {
  const found: FinalRecord[] = [];
  for (const order of orders) {
    const records = play(input, order).records();
    const faults = faultsOf(records);
    if (faults.length > 0) throw new Error(`${faults.join(', ')}: ${JSON.stringify(order)}`);
    const final = foldRecords(records);
    if (!found.some((other) => isDeepStrictEqual(other, final))) found.push(final);
  }
  return found;
}

/** Every order, the same with every event twice, and with everything repeated at the end. */
function* withDuplicates(items: Happening[]): Generator<Happening[]> {
  for (const order of permutations(items)) {
    yield order;
    yield order.flatMap((each) => [each, each]);
    yield [...order, ...order];
  }
}

const ACCEPTED: Happening = { type: 'dialled', result: { outcome: 'accepted', callSid: SID } };
const BEGUN: Happening = { type: 'begun', callSid: SID };

describe('the status callbacks of one call in every order give one final record', () => {
  test('inbound, completed', () => {
    // Greeted or not is no matter of the callbacks, and recorded as it was.
    const all = [status('ringing'), status('in-progress'), status('completed', 42)];
    const orders = [...withDuplicates(all)].map((order) => [BEGUN, ...order]);
    expect(finalRecords(inboundInput(), orders)).toEqual([
      {
        status: 'ended',
        callSid: SID,
        greeting: 'Hello, how can I help?',
        endReason: 'caller-hung-up',
        durationSeconds: 42,
        turns: {},
      },
    ]);
  });

  test('outbound, completed, also with the answer to the order among them', () => {
    const words = ['queued', 'initiated', 'ringing', 'in-progress'];
    const all = [...words.map((word) => status(word)), status('completed', 42), ACCEPTED];
    expect(finalRecords(outboundInput(), withDuplicates(all))).toEqual([
      {
        status: 'ended',
        callSid: SID,
        greeting: '', // nobody asked for the first words
        endReason: 'caller-hung-up',
        durationSeconds: 42,
        turns: {},
      },
    ]);
  });

  test.each(['busy', 'no-answer', 'failed', 'canceled'])('outbound, %s', (word) => {
    const all = [
      ...['queued', 'initiated', 'ringing'].map((each) => status(each)),
      status(word, 0),
    ];
    const orders = withDuplicates([...all, ACCEPTED]);
    expect(finalRecords(outboundInput(), orders)).toEqual([
      { status: 'ended', callSid: SID, endReason: word, durationSeconds: 0, turns: {} },
    ]);
  });

  test('outbound, when the answer to the order was lost', () => {
    const unclear: Happening = { type: 'dialled', result: { outcome: 'unclear' } };
    const all = [status('ringing'), status('in-progress'), status('completed', 3), unclear];
    expect(finalRecords(outboundInput(), withDuplicates(all))).toHaveLength(1);
  });

  test('whatever callbacks before the last one are missing', () => {
    const early = ['queued', 'initiated', 'ringing', 'in-progress'].map((word) => status(word));
    const subsets = Array.from({ length: 2 ** early.length }, (_, bits) =>
      early.filter((__, i) => bits & (1 << i)),
    );
    const orders = subsets.flatMap((some) => [
      ...permutations([...some, status('completed', 42), ACCEPTED]),
    ]);
    expect(finalRecords(outboundInput(), orders)).toHaveLength(1);
  });

  test('after an operator has ended the call', () => {
    const words = ['ringing', 'in-progress'].map((word) => status(word));
    const orders = [...permutations([...words, status('completed', 4), ACCEPTED])].map(
      (order): Happening[] => [{ type: 'end-requested', message: 'Bye' }, ...order],
    );
    const records = finalRecords(outboundInput(), orders);
    expect(records.map((each) => each.endReason)).toEqual(['operator']);
  });
});

const reply = (key: string): Happening => ({
  type: 'replied',
  key,
  reply: { text: `reply ${key}`, end: false, model: 'demo' },
});
const spoke = (key: string): Happening => ({ type: 'spoke', key, heard: speech(`words ${key}`) });

/** What must be true of a call after all these events, whatever their order. */
function faultsAtTheEnd(call: TestCall, keys: string[]): string[] {
  const { state } = call;
  const faults = faultsOf(call.records());
  if (state.status !== 'ended') faults.push(`is ${state.status}`);
  if (state.endReason !== 'caller-hung-up') faults.push(`ended by ${state.endReason}`);
  if (state.thinkingKey !== undefined) faults.push('still thinks');
  const heard = state.turns.map((turn) => turn.key).sort();
  if (heard.join() !== keys.join()) faults.push(`turns ${heard.join()}`);
  if (state.turns.some((turn) => turn.status === 'thinking')) faults.push('a turn still open');
  const asked = call.deeds(call.effects).filter((deed) => deed.startsWith('ask-model'));
  if (new Set(asked).size !== asked.length) faults.push('asked twice');
  const end = call.effects.findIndex((e) => e.do === 'record' && e.event.type === 'call.ended');
  if (call.deeds(call.effects.slice(end + 1)).length > 0)
    faults.push('did something after the end');
  if (call.passes(15_000).isClosed() !== true) faults.push('not closed');
  return faults;
}

/** The first order that goes wrong, with what is wrong; nothing when none does. */
function firstFault(input: CallInput, orders: Iterable<Happening[]>, keys: string[]) {
  let count = 0;
  for (const order of orders) {
    count += 1;
    const faults = faultsAtTheEnd(play(input, order), keys);
    if (faults.length > 0) return { faults, order: order.map((each) => JSON.stringify(each)) };
  }
  return count;
}

describe('the events of a call in every order', () => {
  test('inbound: one end, every utterance once, nothing asked twice', () => {
    const all = [
      BEGUN,
      spoke('1'),
      reply('1'),
      { type: 'collected', key: '1' } as const,
      spoke('2'),
      reply('2'),
      status('completed', 9),
    ];
    expect(firstFault(inboundInput(), withDuplicates(all), ['1', '2'])).toBe(3 * 5040);
  });

  test('outbound: one end, every utterance once, nothing asked twice', () => {
    const all = [
      ACCEPTED,
      status('ringing'),
      status('in-progress'),
      BEGUN,
      spoke('1'),
      reply('1'),
      status('completed', 9),
    ];
    expect(firstFault(outboundInput(), withDuplicates(all), ['1'])).toBe(3 * 5040);
  });

  test('asked again: both texts are kept once, and at most one answer counts as heard', () => {
    const all = [BEGUN, spoke('1'), reply('1'), spoke('1-2'), reply('1-2'), status('completed')];
    expect(firstFault(inboundInput(), withDuplicates(all), ['1', '1-2'])).toBe(3 * 720);
    for (const order of permutations(all)) {
      const answered = play(inboundInput(), order).state.turns.filter(
        (turn) => turn.status === 'answered',
      );
      expect(answered).toEqual([]); // no webhook took one away
    }
  });
});
