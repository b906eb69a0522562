import { describe, expect, test } from '@jest/globals';
import { greeted, inbound, outbound, outboundInput, placed, SID, TestCall } from './builders.ts';

describe('placing a call', () => {
  test('nobody is dialled before the assistant is known', () => {
    const call = new TestCall(outboundInput());
    expect(call.deeds(call.effects)).toEqual([]);
    expect(outbound().deeds()).toEqual(['dial']);
  });

  test('without an assistant nobody is dialled', () => {
    const call = new TestCall(outboundInput()).loaded();
    expect(call.deeds()).toEqual([]);
    expect(call.state).toMatchObject({ status: 'ended', endReason: 'no-assistant' });
  });

  test('an inbound call is never dialled', () => {
    const call = inbound();
    expect(call.deeds(call.effects)).toEqual([]);
  });

  test('accepted, it rings, is answered and greeted', () => {
    const call = placed();
    expect(call.state).toMatchObject({ status: 'dialling', callSid: SID, dial: 'accepted' });
    expect(call.twilioSays('ringing').state.status).toBe('ringing');
    expect(call.twilioSays('in-progress').begun().state.status).toBe('listening');
    expect(call.records().map((each) => each.type)).toEqual([
      'call.created',
      'call.queued',
      'call.ringing',
      'call.answered',
    ]);
  });

  test('refused, it is over', () => {
    const call = outbound().dialled({ outcome: 'refused', code: '21211' });
    expect(call.state).toMatchObject({
      status: 'ended',
      endReason: 'dial-refused',
      dial: 'refused',
    });
  });

  test('unclear, it is marked so and never dialled again', () => {
    const call = outbound().dialled({ outcome: 'unclear' });
    expect(call.snapshot().dial).toBe('unclear');
    call.reachesDeadline();
    expect(call.deeds()).toEqual(['find-call']);
    expect(call.carrierAnswers().state.endReason).toBe('dial-unclear');
    expect(call.effects.filter((effect) => effect.do === 'dial')).toHaveLength(1);
  });

  test.each(['ringing', 'in-progress', 'completed'])(
    'unclear, a late "%s" says that it was placed after all',
    (word) => {
      const call = outbound().dialled({ outcome: 'unclear' }).twilioSays(word, 5);
      expect(call.snapshot()).toMatchObject({ dial: 'accepted', callSid: SID });
    },
  );

  test('unclear, the call that is found goes on', () => {
    const call = outbound().dialled({ outcome: 'unclear' }).reachesDeadline();
    call.carrierAnswers({ status: 'ringing' });
    expect(call.snapshot()).toMatchObject({ dial: 'accepted', callSid: SID });
    expect(call.begun().state.status).toBe('listening');
  });

  test.each([
    { outcome: 'refused', code: '20500' } as const,
    { outcome: 'unclear' } as const,
    { outcome: 'accepted', callSid: SID } as const,
  ])('a callback before the answer to the order wins over "$outcome"', (result) => {
    const call = outbound().twilioSays('ringing').dialled(result);
    expect(call.snapshot()).toMatchObject({ dial: 'accepted', status: 'ringing', callSid: SID });
  });

  test('placed after it was given up, it is hung up', () => {
    const call = outbound().dialled({ outcome: 'unclear' }).reachesDeadline().carrierAnswers();
    expect(call.state.status).toBe('ended');
    expect(call.twilioSays('ringing').deeds()).toEqual(['hang-up']);
    expect(call.twilioSays('in-progress').deeds()).toEqual([]);
  });
});

describe('a call that rings', () => {
  test('longer than Twilio lets it is asked about', () => {
    const call = placed().twilioSays('ringing').passes(89_000);
    expect(call.reachesDeadline().deeds()).toEqual(['ask-carrier']);
    expect(call.carrierAnswers({ status: 'ringing' }).state.status).toBe('ringing');
    expect(call.reachesDeadline().deeds()).toEqual(['ask-carrier']);
    expect(call.carrierAnswers({ status: 'no-answer' }).state.endReason).toBe('no-answer');
  });

  test('and is answered is asked about no more', () => {
    const call = placed().twilioSays('ringing').begun();
    expect(call.state.deadlines.ring).toBeUndefined();
  });

  test('inbound, whose first webhook was lost, is asked about', () => {
    const call = inbound().reachesDeadline();
    expect(call.deeds()).toEqual(['ask-carrier']);
    expect(call.carrierAnswers({ status: 'completed', durationSeconds: 2 }).state).toMatchObject({
      status: 'ended',
      endReason: 'caller-hung-up',
      durationSeconds: 2,
    });
  });

  test('is answered although no callback came, when Twilio says so', () => {
    const call = placed().reachesDeadline().carrierAnswers({ status: 'in-progress' });
    expect(call.state.answeredAt).toBe(call.now);
    expect(call.state.deadlines.length).toBe(call.now + 600_000);
  });
});

describe('a call that has gone quiet', () => {
  test('is asked about after all the time that one answer can take', () => {
    const call = greeted();
    const quietSince = call.now - 1000; // the greeting was decided one event ago
    call.reachesDeadline();
    const spoken = 'Hello, how can I help?'.length * 90;
    expect(call.now - quietSince).toBe(spoken + 5000 + 60_000 + 15_000);
    expect(call.deeds()).toEqual(['ask-carrier']);
    expect(call.turns()).toEqual([]);
  });

  test('is asked about again later while it goes on', () => {
    const call = greeted().reachesDeadline().carrierAnswers({ status: 'in-progress' });
    expect(call.state.status).toBe('listening');
    const before = call.now;
    expect(call.reachesDeadline().deeds()).toEqual(['ask-carrier']);
    expect(call.now - before).toBeLessThanOrEqual(20_000);
  });

  test('ends when Twilio says that it is over', () => {
    const call = greeted().reachesDeadline();
    call.carrierAnswers({ status: 'completed', durationSeconds: 60 });
    expect(call.state).toMatchObject({ endReason: 'caller-hung-up', durationSeconds: 60 });
  });

  test('ends when Twilio knows no such call', () => {
    expect(greeted().reachesDeadline().carrierAnswers().state.endReason).toBe('carrier-silent');
  });

  test('goes on when Twilio answers about another call', () => {
    const call = greeted().reachesDeadline();
    call.carrierAnswers({ status: 'completed', callSid: 'CAother' });
    expect(call.state.status).toBe('listening');
  });

  test('goes on while Twilio cannot be asked, and is given up at last', () => {
    const call = greeted().reachesDeadline().carrierFails();
    expect(call.state.status).toBe('listening');
    for (let i = 1; i < 29; i++) call.reachesDeadline().carrierFails();
    expect(call.state.status).not.toBe('ended');
    expect(call.reachesDeadline().carrierFails().state.status).toBe('ended');
  });

  test('is not given up while Twilio still comes by itself', () => {
    const call = greeted();
    for (let turn = 1; turn <= 40; turn++) call.exchanges(String(turn)).carrierFails();
    expect(call.state.status).toBe('listening');
  });

  test('is asked about once, however many deadlines have passed', () => {
    const call = placed().operatorEnds().passes(3_600_000);
    expect(call.deeds()).toEqual(['ask-carrier']);
  });
});

describe('a call that is too long', () => {
  test('while listening is ended with the farewell', () => {
    const call = greeted();
    for (let turn = 1; call.now < call.state.startedAt + 590_000; turn++) {
      call.exchanges(String(turn)).passes(30_000);
    }
    call.passes(20_000);
    expect(call.deeds()).toEqual(['hang-up: We have to stop here.']);
    expect(call.twilioSays('completed', 601).state.endReason).toBe('max-duration');
  });

  test('while thinking is ended in place of the reply', () => {
    const limits = { callSeconds: 10, turns: 9, farewell: 'Time is up.' };
    const call = greeted({ limits }).says('1').passes(10_000);
    expect(call.deeds()).toEqual(['drop-model 1']);
    expect(call.step('1')).toMatchObject({ say: 'Time is up.', next: { kind: 'hangup' } });
    expect(call.turns()).toEqual(['1 unanswered']);
  });

  test('is counted from the answer, not from the ringing', () => {
    const call = placed().passes(50_000).twilioSays('in-progress');
    expect(call.state.deadlines.length).toBe(call.now + 600_000);
    const length = call.state.deadlines.length;
    expect(call.begun().twilioSays('in-progress').state.deadlines.length).toBe(length);
  });

  test('is not cut short once it is ending anyway', () => {
    const limits = { callSeconds: 10, turns: 9, farewell: 'Time is up.' };
    const call = greeted({ limits }).says('1', 'goodbye').takes('1').passes(10_000);
    expect(call.deeds()).toEqual([]);
    expect(call.state.ending).toBe('end-phrase');
  });
});

describe('the last words', () => {
  test('take their time, then Twilio is asked and hangs up', () => {
    const call = greeted().says('1', 'goodbye').takes('1');
    const spoken = 'Thanks for calling.'.length * 90;
    call.passes(spoken + 15_000 - 1001);
    expect(call.deeds()).toEqual([]);
    expect(call.passes(1).deeds()).toEqual(['ask-carrier']);
    expect(call.carrierAnswers({ status: 'in-progress' }).deeds()).toEqual(['hang-up']);
    call.reachesDeadline().carrierAnswers({ status: 'completed', durationSeconds: 30 });
    expect(call.deeds()).toEqual([]);
    expect(call.state).toMatchObject({ endReason: 'end-phrase', durationSeconds: 30 });
  });

  test('that Twilio cannot be asked about are given up at last', () => {
    const call = greeted().operatorEnds();
    for (let i = 0; i < 30; i++) call.reachesDeadline().carrierFails();
    expect(call.state).toMatchObject({ status: 'ended', endReason: 'operator' });
  });
});
