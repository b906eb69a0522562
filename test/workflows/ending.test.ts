import { describe, expect, test } from '@jest/globals';
import {
  FOREIGN_SID,
  greeted,
  inbound,
  inboundInput,
  outbound,
  placed,
  SID,
  TestCall,
} from './builders.ts';

const OVER_STEP = { say: '', next: { kind: 'hangup' } };

describe('an operator ends the call', () => {
  test('while listening: Twilio says the message and hangs up', () => {
    const call = greeted().operatorEnds('We are closing.');
    expect(call.deeds()).toEqual(['hang-up: We are closing.']);
    expect(call.state.status).toBe('speaking');
    expect(call.snapshot().openStep).toMatchObject({
      say: 'We are closing.',
      next: { kind: 'hangup' },
    });
    expect(call.twilioSays('completed', 12).state.endReason).toBe('operator');
  });

  test('while thinking: the reply is dropped and the waiting webhook says the message', () => {
    const call = greeted().says('1').operatorEnds('Bye.');
    expect(call.deeds()).toEqual(['drop-model 1']); // the webhook that waits hangs up
    expect(call.step('1')).toMatchObject({ say: 'Bye.', next: { kind: 'hangup' } });
    expect(call.turns()).toEqual(['1 unanswered']);
    expect(call.replies('1').turns()).toEqual(['1 unanswered']);
  });

  test('before the first webhook: nothing can be said over REST, the greeting is the message', () => {
    const call = inbound().operatorEnds('We are closed.');
    expect(call.deeds()).toEqual(['hang-up']);
    call.begun();
    expect(call.step('0')).toMatchObject({ say: 'We are closed.', next: { kind: 'hangup' } });
    expect(call.twilioSays('completed').state.endReason).toBe('operator');
  });

  test('while it rings: it is hung up without words', () => {
    const call = placed().twilioSays('ringing').operatorEnds('Bye.');
    expect(call.deeds()).toEqual(['hang-up']);
    expect(call.twilioSays('canceled').state.endReason).toBe('operator');
  });

  test('while the last words are said: it is ending anyway, and the reason stays', () => {
    const call = greeted().says('1', 'goodbye').operatorEnds('Bye.');
    expect(call.deeds()).toEqual([]);
    expect(call.twilioSays('completed').state.endReason).toBe('end-phrase');
  });

  test('when it is over: nothing happens', () => {
    const call = greeted().twilioSays('completed', 3);
    const before = call.state;
    expect(call.operatorEnds('Bye.').state).toEqual(before);
    expect(call.asked).toEqual([]);
  });

  test('twice: once', () => {
    const call = greeted().operatorEnds('One.').operatorEnds('Two.');
    expect(call.deeds(call.effects)).toEqual(['hang-up: One.']);
  });

  test('before the CallSid is known: it is hung up as soon as it is known, and only once', () => {
    const call = outbound().operatorEnds('Bye.');
    expect(call.deeds()).toEqual([]);
    call.dialled({ outcome: 'accepted', callSid: SID });
    expect(call.deeds()).toEqual(['hang-up']);
    expect(call.twilioSays('initiated').deeds()).toEqual([]);
    expect(call.twilioSays('canceled').state.endReason).toBe('operator');
  });

  test('before the CallSid is known and Twilio refuses: it is over', () => {
    const call = outbound().operatorEnds().dialled({ outcome: 'refused', code: '21211' });
    expect(call.state).toMatchObject({ status: 'ended', endReason: 'operator' });
    expect(call.deeds(call.effects)).toEqual(['dial']);
  });

  test('while Twilio is slow to place it: the call is waited for, not given up and forgotten', () => {
    const call = outbound().operatorEnds().reachesDeadline().reachesDeadline();
    expect(call.deeds(call.effects)).toEqual(['dial']);
    expect(call.state.status).toBe('speaking');
    expect(call.dialled({ outcome: 'accepted', callSid: SID }).deeds()).toEqual(['hang-up']);
  });

  test('words that come after it are kept, and their webhook hears the last words', () => {
    const call = greeted().operatorEnds('Bye.').says('1', 'wait').silent('2');
    expect(call.deeds()).toEqual([]);
    expect(call.turns()).toEqual(['1 unanswered']);
    for (const key of ['1', '2', '3']) {
      expect(call.step(key)).toMatchObject({ say: '', next: { kind: 'resume' } });
    }
    expect(call.snapshot().openStep).toMatchObject({ say: 'Bye.', next: { kind: 'hangup' } });
  });
});

describe('words after `completed`', () => {
  test('are kept unanswered, and no model is asked', () => {
    const call = greeted().twilioSays('completed', 8).says('1', 'last words');
    expect(call.deeds()).toEqual([]);
    expect(call.turns()).toEqual(['1 unanswered']);
    expect(call.records().at(-1)).toMatchObject({ type: 'call.turn.completed', position: 1 });
    expect(call.step('1')).toMatchObject(OVER_STEP);
  });

  test('are kept once, and silence is not kept', () => {
    const call = greeted().twilioSays('completed').says('1').says('1').silent('2');
    expect(call.turns()).toEqual(['1 unanswered']);
    expect(call.step('2')).toMatchObject(OVER_STEP);
  });

  test('an end phrase among them changes nothing', () => {
    const call = greeted().twilioSays('completed').says('1', 'goodbye');
    expect(call.state.endReason).toBe('caller-hung-up');
    expect(call.turns()).toEqual(['1 unanswered']);
  });

  test('a reply under way is dropped, and its late answer ignored', () => {
    const call = greeted().says('1').twilioSays('completed', 4);
    expect(call.deeds()).toEqual(['drop-model 1']);
    expect(call.replies('1').turns()).toEqual(['1 unanswered']);
    expect(call.step('1')).toMatchObject(OVER_STEP);
  });

  test('a reply that no webhook has taken away was not heard', () => {
    const call = greeted().exchanges('1').says('2').replies('2').twilioSays('completed', 4);
    expect(call.turns()).toEqual(['1 answered', '2 unheard']);
  });

  test('a reply that was taken away was heard', () => {
    const call = greeted().exchanges('1').twilioSays('completed', 4);
    expect(call.turns()).toEqual(['1 answered']);
  });

  test('the call stays open for 15 s, then closes', () => {
    const call = greeted().twilioSays('completed').passes(14_999);
    expect(call.isClosed()).toBe(false);
    expect(call.passes(1).isClosed()).toBe(true);
  });

  test('a call that is over has ended at once', () => {
    const call = greeted().twilioSays('completed', 17);
    expect(call.state).toMatchObject({ status: 'ended', durationSeconds: 17 });
    expect(call.records().at(-1)).toEqual({
      type: 'call.ended',
      reason: 'caller-hung-up',
      callSid: SID,
      durationSeconds: 17,
    });
  });
});

describe('status callbacks', () => {
  test.each(['completed', 'busy', 'no-answer', 'failed', 'canceled', 'in-progress', 'ringing'])(
    'a terminal state is not left for "%s"',
    (second) => {
      const call = placed().twilioSays('busy');
      const before = call.state;
      expect(call.twilioSays(second, 99).state).toEqual(before);
      expect(call.asked).toEqual([]);
    },
  );

  test('`completed` alone says that the call was answered, and when', () => {
    const call = placed().passes(20_000).twilioSays('completed', 5);
    expect(call.records().map((each) => each.type)).toEqual([
      'call.created',
      'call.queued',
      'call.answered',
      'call.ended',
    ]);
    expect(call.state.answeredAt).toBe(call.now - 5000);
  });

  test('`ringing` after the answer is no news', () => {
    const call = placed().twilioSays('in-progress').twilioSays('ringing');
    expect(call.asked).toEqual([]);
    expect(call.state.status).not.toBe('ringing');
  });

  test.each(['', 'COMPLETED', 'answered', 'constructor', '__proto__', 'toString'])(
    'the unknown word "%s" ends nothing',
    (word) => {
      const call = greeted();
      const before = call.state;
      expect(call.twilioSays(word).state).toEqual(before);
    },
  );

  test.each(['completed', 'in-progress', 'ringing', 'failed'])(
    '"%s" of another CallSid is ignored',
    (word) => {
      const call = placed();
      const before = call.state;
      expect(call.twilioSays(word, 1, FOREIGN_SID).state).toEqual(before);
      expect(call.asked).toEqual([]);
    },
  );

  test('a webhook of another CallSid greets nobody', () => {
    const call = placed().begun(FOREIGN_SID);
    expect(call.asked).toEqual([]);
    expect(call.state.answeredAt).toBeUndefined();
    expect(call.step('0')).toBeUndefined();
  });

  test('a webhook that comes after the end hears a hang-up', () => {
    const call = new TestCall(inboundInput()).loaded().twilioSays('completed').begun();
    expect(call.step('0')).toMatchObject(OVER_STEP);
  });
});
