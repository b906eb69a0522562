import { describe, expect, test } from '@jest/globals';
import { greeted } from './builders.ts';

const FAILURE = { endAfter: 2, farewell: 'Please call again later.' };

describe('a call whose models fail', () => {
  test.each([
    ['says nothing of it', {}],
    ['has but a farewell', { failure: { farewell: 'Later.' } }],
  ])('goes on for ever when its assistant %s', (_name, assistant) => {
    const call = greeted(assistant);
    for (let turn = 1; turn <= 30; turn += 1) call.says(String(turn)).replyFails(String(turn));
    expect(call.state.status).toBe('listening');
  });

  test('ends with the farewell after as many failures in a row as its assistant allows', () => {
    const call = greeted({ failure: FAILURE }).says('1').replyFails('1');
    expect(call.step('1')).toMatchObject({
      say: 'Sorry, could you say that again?',
      next: { kind: 'listen', key: '2' },
    });
    call.takes('1').says('2').replyFails('2');
    expect(call.step('2')).toMatchObject({ say: FAILURE.farewell, next: { kind: 'hangup' } });
    expect(call.turn('2')).toMatchObject({
      status: 'answered',
      reply: FAILURE.farewell,
      replySource: 'apology',
    });
    expect(call.takes('2').twilioSays('completed', 9).state).toMatchObject({
      status: 'ended',
      endReason: 'models-failed',
    });
    expect(call.records().at(-1)).toMatchObject({ type: 'call.ended', reason: 'models-failed' });
  });

  test('ends at the first failure when its assistant says so', () => {
    const call = greeted({ failure: { ...FAILURE, endAfter: 1 } })
      .says('1')
      .replyFails('1');
    expect(call.state).toMatchObject({ status: 'speaking', ending: 'models-failed' });
  });

  test('counts from the last answer of a model, not from silences or words that were superseded', () => {
    const call = greeted({ failure: FAILURE }).says('1').replyFails('1').exchanges('2');
    call.says('3').replyFails('3');
    expect(call.state.status).toBe('listening');
    call.silent('4').says('5').says('6'); // 5 is never decided
    expect(call.replyFails('5').state.status).toBe('thinking');
    expect(call.replyFails('6').state.ending).toBe('models-failed');
  });

  test('still counts when it goes on in a new run', () => {
    const call = greeted({ failure: FAILURE }).says('1').replyFails('1').moves();
    expect(call.says('2').replyFails('2').state.ending).toBe('models-failed');
  });

  test('keeps what was tried', () => {
    const tries = [{ model: 'openai/m', ms: 8000, outcome: 'timeout' as const }];
    const call = greeted({ failure: { ...FAILURE, endAfter: 1 } }).says('1');
    call.happen({ type: 'reply-failed', key: '1', tries });
    expect(call.turn('1')?.tries).toEqual(tries);
  });
});
