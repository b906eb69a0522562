import { describe, expect, test } from '@jest/globals';
import { nextDeadline } from '../../workflows/rules/deadlines.ts';
import { greeted, inbound, outbound, placed, SID } from './builders.ts';

describe('deadlines', () => {
  test('the next one is the earliest', () => {
    const { state } = greeted();
    const deadlines = { length: 900, quiet: 500, ring: 700 };
    expect(nextDeadline({ ...state, deadlines })).toEqual({ name: 'quiet', at: 500 });
    expect(nextDeadline({ ...state, deadlines: {} })).toBeUndefined();
  });

  test('a listening call watches for silence and for length', () => {
    expect(Object.keys(greeted().state.deadlines).sort()).toEqual(['length', 'quiet']);
  });

  test('a call that is being thought about watches for length: the reply has its own', () => {
    expect(Object.keys(greeted().says('1').state.deadlines)).toEqual(['length']);
  });

  test('a call whose last words are said watches for their end alone', () => {
    expect(Object.keys(greeted().says('1', 'goodbye').state.deadlines)).toEqual(['goodbye']);
    expect(Object.keys(greeted().operatorEnds().state.deadlines)).toEqual(['goodbye']);
  });

  test('a call that is over waits for late words alone', () => {
    const call = placed().operatorEnds().twilioSays('canceled');
    expect(call.state.deadlines).toEqual({ close: call.now + 15_000 });
  });

  test('an inbound call that nobody has answered watches its ringing', () => {
    expect(Object.keys(inbound().state.deadlines)).toEqual(['ring']);
  });

  test('a placed call may ring for a minute and some slack', () => {
    const call = outbound();
    expect(call.state.deadlines).toEqual({}); // the order itself has a time limit
    call.dialled({ outcome: 'accepted', callSid: SID });
    expect(call.state.deadlines).toEqual({ ring: call.now + 90_000 });
  });

  test('an answered call whose webhook does not follow is watched', () => {
    const call = placed().twilioSays('in-progress');
    expect(Object.keys(call.state.deadlines).sort()).toEqual(['length', 'quiet']);
  });

  test('longer words give the caller more time', () => {
    const quietAfter = (say: string) => {
      const call = greeted().says('1').replies('1', say);
      return (call.state.deadlines.quiet ?? 0) - call.now;
    };
    expect(quietAfter('x'.repeat(1000)) - quietAfter('')).toBe(90_000);
  });

  test('a deadline that has not come does nothing when time is looked at', () => {
    const call = greeted();
    const before = call.state;
    call.passes(10_000);
    expect(call.asked).toEqual([]);
    expect(call.state).toEqual(before);
  });

  test('a deadline that has passed moves on, so it does not ring for ever', () => {
    const call = greeted().reachesDeadline();
    expect(nextDeadline(call.state)?.at).toBeGreaterThan(call.now);
  });
});
