import { describe, expect, test } from '@jest/globals';
import { isClosed } from '../../workflows/conversation.ts';
import { BRIDGE } from '../../workflows/rules/streams.ts';
import { ASSISTANT, FOREIGN_SID, outboundInput, SID, SILENCE, speech } from './builders.ts';
import { offered, replyOf, StreamCall, talking } from './stream-builders.ts';

function copyElsewhere() {
  const call = offered().attached(1);
  return call.attach(1, 'MZ1', undefined, 'media-of-somebody-else');
}

describe('a call of an assistant in mode stream', () => {
  test('is answered with a stream, every time with the same one, for 60 s', () => {
    const call = offered();
    const step = call.step('0');
    expect(step).toEqual({
      say: ASSISTANT.firstMessage,
      voice: ASSISTANT.voice,
      next: { kind: 'stream', stream: 1, until: call.now + 60_000 },
    });
    expect(call.begun().step('0')).toEqual(step);
    expect(call.state.status).toBe('listening');
  });

  test('lets the stream in and has its session looked after', () => {
    const call = offered();
    const brief = call.attach(1);
    expect(brief).toMatchObject({
      say: ASSISTANT.firstMessage,
      isGreeting: true,
      nextKey: '1',
      turnsLeft: 50,
      silences: 0,
      call: { callId: 'call_1', utterances: [] },
    });
    expect(brief?.pending).toBeUndefined();
    expect(call.deeds()).toEqual(['run-session']);
  });

  test('lets the same stream in again, with the same answer and one session', () => {
    const call = offered();
    const brief = call.attach(1);
    expect(call.attach(1)).toEqual(brief);
    expect(call.deeds(call.effects)).toEqual(['run-session']);
  });

  test.each([
    ['another stream with the same token', () => offered().attached(1).attach(1, 'MZother')],
    ['a copy of the stream at another worker', () => copyElsewhere()],
    ['a stream that was not offered', () => offered().attach(2)],
    ['the stream of another call', () => offered().attach(1, 'MZ1', FOREIGN_SID)],
    ['a stream that comes too late', () => offered().passes(60_000).attach(1)],
    ['a stream that is over', () => talking().sessionEnds(1, 'lost').attach(1)],
    ['the same stream once it is over', () => talking().loses(1).attach(1)],
    ['any stream after the end', () => offered().twilioSays('completed').attach(1)],
    ['an attached stream after the end', () => talking().twilioSays('completed').attach(1)],
    ['any stream while the last words are said', () => offered().operatorEnds('Bye.').attach(1)],
  ] as [string, () => unknown][])('refuses %s', (_, attach) => {
    expect(attach()).toBeUndefined();
  });

  test('is not asked about at Twilio while a stream lives, however quiet it is', () => {
    const call = talking().passes(300_000);
    expect(call.deeds()).toEqual([]);
    expect(call.state.deadlines.quiet).toBeUndefined();
  });

  test('asks Twilio when the stream does not come within 20 s, and fetches the call back', () => {
    const call = offered().passes(19_999);
    expect(call.deeds()).toEqual([]);
    expect(call.passes(1).deeds()).toEqual(['ask-carrier']);
    expect(call.carrierAnswers({ status: 'in-progress' }).deeds()).toEqual(['redirect']);
    expect(call.carrierAnswers({ status: 'completed' }).state.status).toBe('ended');
  });
});

describe('a stream that is over', () => {
  test('is followed by another one when Twilio asks, the same for every repetition', () => {
    const call = talking().sessionEnds(1, 'lost');
    const step = call.reconnect(1);
    expect(step).toMatchObject({ say: '', next: { kind: 'stream', stream: 2 } });
    expect(call.reconnect(1)).toEqual(step);
    call.attached(2);
    expect(call.reconnect(1)).toEqual(step);
  });

  test('is followed by another one also when Twilio asks before its session is known to be over', () => {
    const call = talking();
    expect(call.reconnect(1).next).toMatchObject({ kind: 'stream', stream: 2 });
    expect(call.deeds()).toEqual(['stop-session']);
    call.sessionEnds(1, 'lost');
    expect(call.deeds()).toEqual([]);
    expect(call.attach(2)).toBeDefined();
  });

  test('is fetched back when Twilio does not ask within 2 s', () => {
    const call = talking().sessionEnds(1, 'stopped');
    expect(call.passes(1_999).deeds()).toEqual([]);
    expect(call.passes(1).deeds()).toEqual(['redirect']);
    expect(call.passes(20_000).deeds()).toEqual(['ask-carrier']);
    expect(call.carrierAnswers({ status: 'in-progress' }).deeds()).toEqual(['redirect']);
  });

  test('is fetched back sooner when its worker died, as Twilio has had its time', () => {
    expect(talking().sessionEnds(1, 'died').passes(500).deeds()).toEqual(['redirect']);
  });

  test('is not fetched back when Twilio has asked', () => {
    const call = talking().sessionEnds(1, 'lost');
    call.reconnect(1);
    expect(call.passes(5_000).deeds()).toEqual([]);
    expect(call.attached(2).passes(30_000).deeds()).toEqual([]);
  });

  test('is fetched back no more when Twilio comes by itself meanwhile, nor is the next one cut off', () => {
    const asked = talking().sessionEnds(1, 'lost').passes(2_000);
    expect(asked.deeds()).toEqual(['redirect']);
    asked.reconnect(1);
    expect(asked.deeds()).toEqual(['drop-redirect']);
    expect(asked.attached(2).passes(30_000).deeds()).toEqual([]);

    const late = offered().passes(20_000);
    expect(late.carrierAnswers({ status: 'in-progress' }).deeds()).toEqual(['redirect']);
    expect(late.attached(1).deeds()).toEqual(['drop-redirect', 'run-session']);
  });

  test('is bridged with a phrase, and nobody is greeted twice', () => {
    const brief = talking().talks(1, '1').loses(1).attach(2);
    expect(brief).toMatchObject({ say: BRIDGE, isGreeting: false });
    expect(brief?.call.utterances).toEqual([
      { who: 'assistant', text: ASSISTANT.firstMessage },
      { who: 'caller', heard: speech('words 1') },
      { who: 'assistant', text: 'reply 1' },
    ]);
    expect(
      talking({ stream: { bridge: 'Back.' } })
        .loses(1)
        .attach(2)?.say,
    ).toBe('Back.');
  });

  test('is followed by the greeting when nobody was greeted yet', () => {
    const brief = offered().attached(1).loses(1).attach(2);
    expect(brief).toMatchObject({ say: ASSISTANT.firstMessage, isGreeting: true });
  });

  test.each([
    ['it was told of', () => offered().attached(1).said(1, '0', replyOf('Hello, how'))],
    ['the caller has spoken', () => offered().attached(1).told(1, '1')],
    ['it was silent at least', () => offered().attached(1).told(1, '1', SILENCE)],
    ['the stream has lasted', () => offered().attached(1).passes(6_000)],
  ])('does not begin the greeting again when %s', (_, call) => {
    expect(call().loses(1, 'died').attach(2)).toMatchObject({ isGreeting: false, say: BRIDGE });
  });

  test('the model knows a greeting that was talked over as far as it was heard', () => {
    const call = offered()
      .attached(1)
      .said(1, '0', replyOf('Hello, how', { isInterrupted: true }));
    expect(call.talks(1, '1').loses(1).attach(2)?.call.utterances[0]).toEqual({
      who: 'assistant',
      text: 'Hello, how',
      isInterrupted: true,
    });
  });

  test('says nothing when nothing had been said', () => {
    const brief = offered({ firstMessage: '' }).attached(1).passes(5_000).loses(1).attach(2);
    expect(brief?.say).toBe('');
  });

  test('leaves words that were not answered to the next one', () => {
    const brief = talking().talks(1, '1').told(1, '2').loses(1).attach(2);
    expect(brief?.pending).toEqual({ key: '2', heard: speech('words 2') });
    expect(brief?.call.utterances.at(-1)).toEqual({ who: 'assistant', text: 'reply 1' });
  });

  test('does not leave an answer that the caller has stopped to the next one: it is his turn', () => {
    const half = replyOf('For how', { isInterrupted: true });
    const stopped = talking().told(1, '1').said(1, '1', half).loses(1);
    const brief = stopped.attach(2);
    expect(brief?.pending).toBeUndefined();
    expect(brief?.call.utterances.at(-1)).toMatchObject({ text: 'For how', isInterrupted: true });
    expect(stopped.told(2, '12').turns()).toEqual(['1 answered', '12 thinking']);
    const spoken = talking().told(1, '1').said(1, '1', half).told(1, '2').loses(1);
    expect(spoken.attach(2)?.pending?.key).toBe('2');
  });

  test('does not leave a silence to the next one', () => {
    const call = talking().told(1, '1', SILENCE).loses(1);
    expect(call.attach(2)?.pending).toBeUndefined();
    expect(call.turns()).toEqual(['1 unanswered']);
    expect(call.state.status).toBe('listening');
  });

  test('keeps its numbers of turns to itself, unless it was moved in order', () => {
    expect(talking().talks(1, '1').loses(1).attach(2)?.nextKey).toBe('12');
    expect(talking().talks(1, '1').loses(1, 'moved').attach(2)?.nextKey).toBe('2');
    expect(talking().loses(1).attached(2).loses(2).attach(3)?.nextKey).toBe('21');
  });

  test('of another call is hung up', () => {
    expect(talking().reconnect(1, FOREIGN_SID).next.kind).toBe('hangup');
  });

  test('when the call is over, Twilio is told to hang up', () => {
    const call = talking().twilioSays('completed');
    expect(call.deeds()).toEqual(['stop-session']);
    expect(call.reconnect(1).next.kind).toBe('hangup');
    expect(call.sessionEnds(1, 'stopped').passes(14_000).deeds()).toEqual([]);
    expect(isClosed(call.state)).toBe(true);
  });
});

describe('streams are given up', () => {
  test('after three in a row over which nobody spoke', () => {
    const call = talking().loses(1).attached(2).loses(2).attached(3).sessionEnds(3, 'lost');
    const step = call.reconnect(3);
    expect(step).toMatchObject({ say: BRIDGE, next: { kind: 'listen', key: '31' } });
    expect(call.reconnect(3)).toEqual(step);
    expect(call.reconnect(1)).toEqual(step);
    expect(call.attach(4)).toBeUndefined();
    expect(call.exchanges('31').turns()).toEqual(['31 answered']);
  });

  test('not while people speak over them in between', () => {
    const call = talking().loses(1).attached(2).loses(2).attached(3).talks(3, '21');
    expect(call.loses(3).attached(4).loses(4).attach(5)).toBeDefined();
  });

  test('not for those that were moved in order', () => {
    const call = talking().loses(1, 'moved').attached(2).loses(2, 'moved').attached(3);
    expect(call.loses(3, 'moved').attach(4)).toBeDefined();
  });

  test('when three are not even connected; then the caller is greeted over TwiML', () => {
    const call = offered();
    call.reconnect(1);
    call.reconnect(2);
    expect(call.reconnect(3)).toMatchObject({
      say: ASSISTANT.firstMessage,
      next: { kind: 'listen', key: '1' },
    });
  });

  test('at once when nobody can recognise or speak', () => {
    const step = talking().sessionEnds(1, 'speech-failed').reconnect(1);
    expect(step).toMatchObject({ say: BRIDGE, next: { kind: 'listen' } });
  });

  test('also when that is known only after Twilio was offered the next one', () => {
    const call = talking();
    call.reconnect(1);
    call.sessionEnds(1, 'speech-failed');
    expect(call.attach(2)).toBeUndefined();
    expect(call.reconnect(2).next.kind).toBe('listen');
  });

  test('and the caller is greeted when speech has failed before it could', () => {
    const call = offered().attached(1).passes(9_000).sessionEnds(1, 'speech-failed');
    expect(call.reconnect(1).say).toBe(ASSISTANT.firstMessage);
  });

  test('and words that were not answered are answered over TwiML', () => {
    const call = talking().told(1, '1').sessionEnds(1, 'speech-failed');
    const step = call.reconnect(1);
    expect(step).toMatchObject({ say: BRIDGE, next: { kind: 'resume' } });
    expect(call.deeds()).toEqual(['ask-model 1']);
    expect(call.reconnect(1)).toEqual(step);
    expect(call.step('1')).toBeUndefined();
    call.replies('1', 'For two?');
    expect(call.step('1')).toMatchObject({ say: 'For two?', next: { kind: 'listen', key: '12' } });
    expect(call.turn('1')).toMatchObject({ status: 'answered', reply: 'For two?' });
  });

  test('even if a stream tells of its answer only then', () => {
    const call = talking().told(1, '1').sessionEnds(1, 'speech-failed');
    call.reconnect(1);
    for (const text of ['', 'For']) {
      call.said(1, '1', replyOf(text));
      expect(call.turn('1')).toMatchObject({ status: 'thinking' });
    }
    call.replies('1', 'For two?');
    expect(call.step('1')).toMatchObject({ say: 'For two?', next: { kind: 'listen', key: '12' } });
    expect(call.turn('1')).toMatchObject({ status: 'answered', reply: 'For two?' });
  });
});

describe('the end of a call over a stream', () => {
  test('by an operator is said over REST, also while a reply is being made', () => {
    const call = talking().told(1, '1').operatorEnds('We must stop.');
    expect(call.deeds()).toEqual(['drop-model 1', 'hang-up: We must stop.']);
    expect(call.reconnect(1)).toMatchObject({ say: 'We must stop.', next: { kind: 'hangup' } });
    expect(call.twilioSays('completed').deeds()).toEqual(['stop-session']);
  });

  test('by its longest time is said over REST', () => {
    const call = talking().passes(600_000);
    expect(call.deeds()).toEqual(['hang-up: We have to stop here.']);
    expect(call.state.ending).toBe('max-duration');
  });

  test('a session that ends while the call is being ended fetches nothing back', () => {
    const call = talking().operatorEnds('Bye.').sessionEnds(1, 'stopped').passes(3_000);
    expect(call.deeds()).toEqual([]);
  });
});

describe('a new run of the workflow', () => {
  test('goes on with the same stream', () => {
    const call = talking().talks(1, '1').moves();
    expect(call.attach(1)).toBeDefined();
    expect(call.deeds()).toEqual([]);
    expect(call.talks(1, '2').turns()).toEqual(['1 answered', '2 answered']);
  });

  test('knows a stream that was used in an earlier one', () => {
    expect(talking().moves().attach(1, 'MZother')).toBeUndefined();
  });
});

test('a call that was placed is led over a stream as well', () => {
  const call = new StreamCall(outboundInput()).loaded({ ...ASSISTANT, mode: 'stream' });
  call.dialled({ outcome: 'accepted', callSid: SID }).begun();
  expect(call.step('0')?.next).toMatchObject({ kind: 'stream', stream: 1 });
  expect(call.attach(1)).toMatchObject({ isGreeting: true });
});
