import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { carriedState } from '../../workflows/conversation.ts';
import { nextDeadline } from '../../workflows/rules/deadlines.ts';
import type { CallInput } from '../../workflows/contract.ts';
import { ASSISTANT, frozen, inboundInput, outboundInput, SID, TestCall } from './builders.ts';
import type { Happening } from './builders.ts';
import { checkStep, checkWhole, isAnswerDue } from './invariants.ts';
import { noisyCalls, wildCalls } from './twilio-model.ts';
import type { Timed } from './twilio-model.ts';

const RUNS = { numRuns: 600 };
const inputs = fc.constantFrom(inboundInput(), outboundInput());
const assistants = fc.constantFrom(
  ASSISTANT,
  { ...ASSISTANT, limits: { callSeconds: 30, turns: 2, farewell: 'Stop.' } },
  { ...ASSISTANT, failure: { endAfter: 2, farewell: 'Later.' } },
  { ...ASSISTANT, firstMessage: '', silence: { prompt: '?', prompts: 0, farewell: '' } },
  undefined,
);

/** Plays a call and checks it after every event. The states are frozen: no input is changed. */
function play(call: TestCall, timed: Timed[], happened: Happening[] = []): Happening[] {
  for (const { happening, afterMs } of timed) {
    const before = call.state;
    call.happen(happening, afterMs);
    happened.push(happening);
    checkStep(before, call, happened);
  }
  checkWhole(call, happened);
  return happened;
}

describe('whatever happens to a call', () => {
  test('the rules hold after every event', () => {
    fc.assert(
      fc.property(inputs, assistants, wildCalls, (input, assistant, timed) => {
        const happened = play(new TestCall(input).loaded(assistant), timed);
        expect(happened).toHaveLength(timed.length);
      }),
      { numRuns: 1000 },
    );
  });

  test('the rules hold over a bad network, and the call ends once', () => {
    fc.assert(
      fc.property(noisyCalls, (timed) => {
        const call = new TestCall(inboundInput()).loaded(ASSISTANT);
        play(call, timed);
        expect(call.state.status).toBe('ended');
        expect(call.records().filter((each) => each.type === 'call.ended')).toHaveLength(1);
        expect(call.passes(15_000).isClosed()).toBe(true);
      }),
      RUNS,
    );
  });

  test('a call goes on the same when its state was carried into a new run as JSON', () => {
    fc.assert(
      fc.property(wildCalls, wildCalls, (first, second) => {
        const call = new TestCall(inboundInput()).loaded(ASSISTANT).begun();
        play(call, first);
        const copy = new TestCall(inboundInput());
        copy.now = call.now;
        copy.state = frozen(JSON.parse(JSON.stringify(carriedState(call.state))));
        for (const each of second) {
          call.happen(each.happening, each.afterMs);
          copy.happen(each.happening, each.afterMs);
          expect(copy.asked).toEqual(call.asked);
        }
        expect(copy.turns()).toEqual(call.turns());
      }),
      RUNS,
    );
  });
});

/** How Twilio answers when it is asked about a call of which nothing else is heard any more. */
type Carrier = 'fails' | 'unknown' | 'over' | 'until-hung-up';
const carriers = fc.constantFrom<Carrier>('fails', 'unknown', 'over', 'until-hung-up');

function carrierAnswer(carrier: Carrier, call: TestCall): Happening {
  if (carrier === 'fails') return { type: 'carrier-failed' };
  if (carrier === 'unknown') return { type: 'carrier-answered' };
  const isHungUp = call.deeds(call.effects).some((deed) => deed.startsWith('hang-up'));
  const status = carrier === 'over' || isHungUp ? 'completed' : 'in-progress';
  const callSid = call.state.callSid ?? SID;
  return { type: 'carrier-answered', call: { callSid, status } };
}

/** What comes next when Twilio says nothing of itself: answers to questions, and time. */
function nextInQuiet(call: TestCall, carrier: Carrier, happened: Happening[]): Timed {
  const { thinkingKey } = call.state;
  if (thinkingKey !== undefined) {
    return { happening: { type: 'reply-failed', key: thinkingKey }, afterMs: 20_000 };
  }
  if (isAnswerDue(call, happened)) {
    return { happening: { type: 'dialled', result: { outcome: 'unclear' } }, afterMs: 60_000 };
  }
  if (call.deeds().some((deed) => deed === 'ask-carrier' || deed === 'find-call')) {
    return { happening: carrierAnswer(carrier, call), afterMs: 200 };
  }
  const next = nextDeadline(call.state);
  if (!next) throw new Error(`Open for ever: ${JSON.stringify(call.state)}`);
  return { happening: { type: 'time' }, afterMs: Math.max(0, next.at - call.now) };
}

/** Lets a call go quiet; returns how many events it took until it was closed. */
function goQuiet(call: TestCall, carrier: Carrier, happened: Happening[]): number {
  let steps = 0;
  for (; !call.isClosed(); steps++) {
    if (steps > 400) throw new Error(`Not closed (${carrier}): ${JSON.stringify(call.state)}`);
    play(call, [nextInQuiet(call, carrier, happened)], happened);
  }
  return steps;
}

function quietCall(input: CallInput, timed: Timed[], carrier: Carrier): TestCall {
  const call = new TestCall(input).loaded(ASSISTANT);
  goQuiet(call, carrier, play(call, timed));
  return call;
}

describe('a call of which Twilio tells nothing any more', () => {
  test('is closed after a bounded time, whatever happened before', () => {
    fc.assert(
      fc.property(inputs, wildCalls, carriers, (input, timed, carrier) => {
        const call = quietCall(input, timed, carrier);
        expect(call.state.status).toBe('ended');
        expect(call.state.endReason).toBeDefined();
        expect(call.state.turns.filter((turn) => turn.status === 'thinking')).toEqual([]);
      }),
      RUNS,
    );
  });

  test.each<Carrier>(['fails', 'unknown', 'over', 'until-hung-up'])(
    'is closed within two hours when it was never heard of (Twilio: %s)',
    (carrier) => {
      for (const input of [inboundInput(), outboundInput()]) {
        const call = quietCall(input, [], carrier);
        expect(call.now - call.state.startedAt).toBeLessThan(7_200_000);
      }
    },
  );
});

describe('a call of which Twilio says `completed`', () => {
  test('is closed 15 s later, whatever happens before and after', () => {
    fc.assert(
      fc.property(inputs, wildCalls, wildCalls, (input, before, after) => {
        const call = new TestCall(input).loaded(ASSISTANT);
        play(call, before);
        const sid = call.state.callSid ?? SID;
        call.twilioSays('completed', 5, sid);
        const over = call.now;
        expect(call.state.status).toBe('ended');
        for (const each of after) call.happen(each.happening, 0);
        expect(call.passes(15_000).isClosed()).toBe(true);
        expect(call.now).toBe(over + 15_000);
      }),
      RUNS,
    );
  });
});
