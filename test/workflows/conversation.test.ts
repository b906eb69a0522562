import { describe, expect, test } from '@jest/globals';
import { greeted, inbound, SID, TestCall, inboundInput } from './builders.ts';

describe('greeting, listening, replying', () => {
  test('a call is greeted and then listened to', () => {
    const call = inbound().begun();
    expect(call.step('0')).toEqual({
      say: 'Hello, how can I help?',
      voice: { language: 'en-GB', name: 'Polly.Amy' },
      next: {
        kind: 'listen',
        key: '1',
        listen: { keys: true, timeoutSeconds: 5, speechTimeout: 'auto', hints: [] },
      },
    });
    expect(call.state.status).toBe('listening');
  });

  test('words are asked about, and the reply listens for the next turn', () => {
    const call = greeted().says('1', 'a table please');
    expect(call.deeds()).toEqual(['ask-model 1']);
    expect(call.state.status).toBe('thinking');
    expect(call.step('1')).toBeUndefined();
    call.replies('1', 'For how many?');
    expect(call.step('1')).toMatchObject({ say: 'For how many?', next: { key: '2' } });
    expect(call.state.status).toBe('listening');
    expect(call.turn('1')).toMatchObject({
      heard: { kind: 'speech', text: 'a table please' },
      status: 'answered',
      reply: 'For how many?',
      replySource: 'model',
      model: 'demo',
    });
  });

  test('an assistant without a first message listens at once', () => {
    const call = inbound({ firstMessage: '' }).begun();
    expect(call.step('0')).toMatchObject({ say: '', next: { kind: 'listen', key: '1' } });
  });

  test('a webhook that comes twice hears the same greeting, and the call is answered once', () => {
    const call = inbound().begun();
    const first = call.step('0');
    call.begun();
    expect(call.step('0')).toEqual(first);
    expect(call.asked).toEqual([]);
    expect(call.records().filter((each) => each.type === 'call.answered')).toHaveLength(1);
  });

  test('keys are an answer like words', () => {
    const call = greeted().hears('1', { kind: 'keys', digits: '42' });
    expect(call.deeds()).toEqual(['ask-model 1']);
    expect(call.replies('1').turns()).toEqual(['1 answered']);
  });

  test('a failed reply becomes an apology, and the call goes on', () => {
    const call = greeted().says('1').replyFails('1');
    expect(call.step('1')).toMatchObject({
      say: 'Sorry, could you say that again?',
      next: { kind: 'listen', key: '2' },
    });
    expect(call.turn('1')).toMatchObject({ status: 'answered', replySource: 'apology' });
    expect(call.says('2').deeds()).toEqual(['ask-model 2']);
  });

  test('a reply that comes after its apology changes nothing', () => {
    const call = greeted().says('1').replyFails('1');
    const before = call.state;
    expect(call.replies('1', 'too late').state).toEqual(before);
  });

  test('without an assistant the caller is told so and the call ends', () => {
    const call = new TestCall(inboundInput()).loaded().begun();
    expect(call.step('0')).toMatchObject({ next: { kind: 'hangup' } });
    expect(call.step('0')?.say).not.toBe('');
    expect(call.twilioSays('completed', 3).state.endReason).toBe('no-assistant');
  });

  test('without an assistant words are kept and nobody is asked', () => {
    const call = new TestCall(inboundInput()).loaded().says('1');
    expect(call.deeds(call.effects)).toEqual([]);
    expect(call.turns()).toEqual(['1 unanswered']);
    expect(call.step('1')).toMatchObject({ next: { kind: 'hangup' } });
  });

  test('a greeting asked for after the caller has spoken leaves the reply under way alone', () => {
    const call = inbound().says('1').begun();
    expect(call.state).toMatchObject({ status: 'thinking', thinkingKey: '1' });
    expect(call.step('0')).toMatchObject({ say: '', next: { kind: 'resume' } });
    expect(call.replies('1').state.status).toBe('listening');
  });
});

describe('the assistant ends the call', () => {
  test('with its own words', () => {
    const call = greeted().says('1').replies('1', 'See you on Monday.', true);
    expect(call.step('1')).toMatchObject({ say: 'See you on Monday.', next: { kind: 'hangup' } });
    expect(call.state.status).toBe('speaking');
    expect(call.takes('1').twilioSays('completed', 9).state.endReason).toBe('assistant-ended');
    expect(call.turns()).toEqual(['1 answered']);
  });

  test('without words it says the message of its ending', () => {
    const call = greeted().says('1').replies('1', '', true);
    expect(call.step('1')?.say).toBe('Thanks for calling.');
    expect(call.turn('1')?.reply).toBe('Thanks for calling.');
  });

  test.each(['goodbye', 'Goodbye.', '  GOODBYE!  ', 'That’s all', "THAT'S ALL!!"])(
    'when the caller says "%s"',
    (words) => {
      const call = greeted().says('1', words);
      expect(call.deeds()).toEqual([]);
      expect(call.step('1')).toMatchObject({
        say: 'Thanks for calling.',
        next: { kind: 'hangup' },
      });
      expect(call.turn('1')).toMatchObject({ status: 'answered', replySource: 'script' });
      expect(call.takes('1').twilioSays('completed').state.endReason).toBe('end-phrase');
    },
  );

  test.each(['goodbye my love', 'is that all', '?!', 'good'])('but not for "%s"', (words) => {
    expect(greeted().says('1', words).deeds()).toEqual(['ask-model 1']);
  });

  test('an end phrase without letters never matches', () => {
    const ending = { phrases: ['...'], message: 'Bye' };
    expect(greeted({ ending }).says('1', '!').deeds()).toEqual(['ask-model 1']);
  });

  test('accents of an end phrase match however they are spelled', () => {
    const ending = { phrases: ['adi\u00f3s'], message: 'Adi\u00f3s' };
    expect(greeted({ ending }).says('1', 'Adio\u0301s').state.status).toBe('speaking');
  });

  test('keys are never an end phrase', () => {
    const ending = { phrases: ['9'], message: 'Bye' };
    const call = greeted({ ending }).hears('1', { kind: 'keys', digits: '9' });
    expect(call.deeds()).toEqual(['ask-model 1']);
  });

  test('after the last allowed turn, with the farewell behind the reply', () => {
    const limits = { callSeconds: 600, turns: 2, farewell: 'We have to stop here.' };
    const call = greeted({ limits }).exchanges('1').says('2').replies('2', 'Noted.');
    expect(call.step('2')).toMatchObject({
      say: 'Noted. We have to stop here.',
      next: { kind: 'hangup' },
    });
    expect(call.takes('2').twilioSays('completed').state.endReason).toBe('max-turns');
  });

  test('neither silences nor apologies use up the allowed turns', () => {
    const limits = { callSeconds: 600, turns: 2, farewell: 'Stop.' };
    const call = greeted({ limits }).silent('1').says('2').replyFails('2').exchanges('3');
    expect(call.state.status).toBe('listening');
    expect(call.exchanges('4').state.status).toBe('speaking');
  });

  test('Twilio is not asked to hang up where its TwiML does so', () => {
    const call = greeted().says('1').replies('1', 'Bye', true);
    expect(call.deeds(call.effects)).toEqual(['ask-model 1']);
    expect(call.state.callSid).toBe(SID);
  });
});
