import { describe, expect, test } from '@jest/globals';
import { carriedState } from '../../workflows/conversation.ts';
import { shortStory } from '../../workflows/rules/memory.ts';
import { SILENCE, speech } from './builders.ts';
import { NEWS_AT, offered, replyOf, talking } from './stream-builders.ts';

describe('what is heard over a stream', () => {
  test('becomes a turn without asking a model; what was said answers it', () => {
    const call = talking().told(1, '1');
    expect(call.deeds()).toEqual([]);
    expect(call.state.status).toBe('thinking');
    const timings = { committedMs: 400, heardMs: 900 };
    call.said(1, '1', replyOf('For two?', { timings, tokens: { prompt: 3, completion: 4 } }));
    expect(call.state.status).toBe('listening');
    expect(call.turn('1')).toEqual({
      key: '1',
      status: 'answered',
      heard: speech('words 1'),
      heardAt: NEWS_AT,
      reply: 'For two?',
      replySource: 'model',
      model: 'm',
      timings,
      tokens: { prompt: 3, completion: 4 },
      repliedAt: NEWS_AT,
    });
  });

  test('twice, and answers told twice, change nothing', () => {
    const call = talking().talks(1, '1');
    const { state } = call;
    call.told(1, '1', speech('other words')).said(1, '1', replyOf('another reply'));
    expect(call.state).toEqual(state);
    expect(call.asked).toEqual([]);
  });

  test('supersedes what was not answered, and a late answer to it is still kept', () => {
    const call = talking().told(1, '1').told(1, '2');
    expect(call.turns()).toEqual(['1 superseded', '2 thinking']);
    call.said(1, '1', replyOf('For', { isInterrupted: true }));
    expect(call.turn('1')).toMatchObject({ status: 'answered', reply: 'For', isInterrupted: true });
    expect(call.turns()).toEqual(['1 answered', '2 thinking']);
  });

  test('an answer that was interrupted before a word of it was heard is unheard', () => {
    const call = talking()
      .told(1, '1')
      .said(1, '1', replyOf('', { isInterrupted: true }));
    expect(call.turn('1')).toMatchObject({ status: 'unheard', isInterrupted: true });
    expect(call.turn('1')).not.toHaveProperty('reply');
  });

  test('what was said last is not unheard because nobody took a step away', () => {
    expect(talking().talks(1, '1').twilioSays('completed').turns()).toEqual(['1 answered']);
  });

  test('counts silences in a row', () => {
    const call = talking()
      .told(1, '1', SILENCE)
      .said(1, '1', replyOf('?', { source: 'script' }));
    call.told(1, '2', SILENCE).said(1, '2', replyOf('?', { source: 'script' }));
    expect(call.loses(1).attach(2)?.silences).toBe(2);
    expect(talking().told(1, '1', SILENCE).talks(1, '2').loses(1).attach(2)?.silences).toBe(0);
  });
});

describe('a greeting that was talked over', () => {
  const interrupted = () =>
    offered()
      .attached(1)
      .said(1, '0', replyOf('Hello, how', { isInterrupted: true }));
  const told = (call: ReturnType<typeof offered>) =>
    call.records().flatMap((event) => ('greeting' in event ? [[event.type, event.greeting]] : []));
  const whole = ['call.answered', 'Hello, how can I help?'];

  test('is recorded as it was heard, once, with the next turn', () => {
    const call = interrupted().talks(1, '1').talks(1, '2').twilioSays('completed');
    expect(told(call)).toEqual([whole, ['call.turn.completed', 'Hello, how']]);
    expect(call.snapshot().greeting).toBe('Hello, how');
  });

  test('or with the end, when nothing more was said', () => {
    expect(told(interrupted().twilioSays('completed'))).toEqual([
      whole,
      ['call.ended', 'Hello, how'],
    ]);
  });
});

describe('an answer that a lost line has cut off', () => {
  const cut = (text: string) => replyOf(text, { isInterrupted: true, isCut: true });

  test('is left to the next stream, and the record keeps all that was heard', () => {
    const call = talking().told(1, '1').said(1, '1', cut('For how')).loses(1);
    expect(call.attach(2)?.pending?.key).toBe('1');
    call.said(1, '1', cut('For how')); // told twice
    call.said(2, '1', cut('For')).loses(2).attached(3);
    expect(call.turns()).toEqual(['1 thinking']);
    call.said(3, '1', replyOf('For how many people?'));
    const reply = 'For how For For how many people?';
    expect(call.turn('1')).toMatchObject({ status: 'answered', reply });
    expect(call.turn('1')).not.toHaveProperty('isInterrupted');
  });

  test('is left to the next stream also when that leads already', () => {
    const call = talking().told(1, '1').loses(1).attached(2).said(1, '1', cut('For how'));
    call.said(2, '1', replyOf('For two?'));
    expect(call.turn('1')).toMatchObject({ status: 'answered', reply: 'For how For two?' });
  });

  test('is kept as it was heard when nothing follows: the caller says something else', () => {
    const call = talking().told(1, '1').said(1, '1', cut('For how')).loses(1).attached(2);
    call.told(2, '12');
    const heard = { status: 'answered', reply: 'For how', isInterrupted: true };
    expect(call.turn('1')).toMatchObject(heard);
    expect(call.turn('12')).toMatchObject({ status: 'thinking' });
  });

  test('or the call is over', () => {
    const call = talking().told(1, '1').said(1, '1', cut('For how')).loses(1);
    call.twilioSays('completed');
    expect(call.turn('1')).toMatchObject({ status: 'answered', reply: 'For how' });
  });

  test('is not answered again when it is told too late for that', () => {
    const call = talking().told(1, '1').loses(1).attached(2).told(2, '12');
    call.said(1, '1', cut('For how'));
    expect(call.turns()).toEqual(['1 answered', '12 thinking']);
  });
});

describe('news that come late', () => {
  test('of a stream that is over, before the next one is led, are answered by it', () => {
    const call = talking().loses(1).told(1, '1');
    expect(call.attach(2)?.pending?.key).toBe('1');
  });

  test('of a stream before the one that is led are kept, and not answered', () => {
    const call = talking().talks(1, '1').loses(1).attached(2).told(1, '2').talks(2, '12');
    expect(call.turns()).toEqual(['1 answered', '2 unanswered', '12 answered']);
  });

  test('an answer of the stream before joins the answer of the next one', () => {
    const call = talking().told(1, '1').loses(1).attached(2);
    call.said(1, '1', replyOf('For how', { isInterrupted: true }));
    call.said(2, '1', replyOf('For how many people?'));
    expect(call.turn('1')).toMatchObject({
      status: 'answered',
      reply: 'For how For how many people?',
    });
    const { state } = call;
    expect(call.said(2, '1', replyOf('Again')).state).toEqual(state);
  });

  test('after the end are kept, also what the caller has heard', () => {
    const call = talking().told(1, '1').twilioSays('completed');
    expect(call.turns()).toEqual(['1 unanswered']);
    call.said(1, '1', replyOf('For two?')).told(1, '2');
    expect(call.turns()).toEqual(['1 answered', '2 unanswered']);
    expect(call.state.status).toBe('ended');
  });

  test('after streams were given up are kept', () => {
    const call = talking().loses(1, 'speech-failed').told(1, '1').exchanges('11');
    expect(call.turns()).toEqual(['1 unanswered', '11 answered']);
  });

  test('silence that comes late is nothing', () => {
    expect(talking().loses(1).attached(2).told(1, '2', SILENCE).turns()).toEqual([]);
  });
});

describe('the last words', () => {
  test.each(['assistant-ended', 'end-phrase', 'silence', 'max-turns', 'models-failed'] as const)(
    'of a call that ends for %s have been said: it is hung up without any',
    (end) => {
      const call = talking().told(1, '1').said(1, '1', replyOf('Goodbye.', { end }));
      expect(call.deeds()).toEqual(['hang-up']);
      expect(call.state.status).toBe('speaking');
      expect(call.twilioSays('completed').state.endReason).toBe(end);
    },
  );

  test('told twice hang up once', () => {
    const call = talking().told(1, '1');
    const last = replyOf('Goodbye.', { end: 'assistant-ended' });
    call.said(1, '1', last).said(1, '1', last);
    expect(call.deeds(call.effects).filter((deed) => deed === 'hang-up')).toHaveLength(1);
  });

  test('of a stream before hang up, unless the caller has spoken over the next one since', () => {
    const end = replyOf('Goodbye.', { end: 'assistant-ended' });
    const silent = talking().told(1, '1').loses(1).attached(2).said(1, '1', end);
    expect(silent.state).toMatchObject({ status: 'speaking', ending: 'assistant-ended' });
    const speaks = talking().told(1, '1').loses(1).attached(2).talks(2, '12').said(1, '1', end);
    expect(speaks.state.status).toBe('listening');
    expect(speaks.turn('1')).toMatchObject({ status: 'answered', reply: 'Goodbye.' });
  });

  test('are left to the media worker when the last answer was talked over', () => {
    const limits = { callSeconds: 600, turns: 1, farewell: 'That was it.' };
    const call = talking({ limits }).told(1, '1');
    call.said(1, '1', replyOf('We have', { isInterrupted: true }));
    expect(call.state.status).toBe('listening');
    expect(call.loses(1).attach(2)?.turnsLeft).toBe(0);
    call
      .told(2, '12')
      .said(2, '12', replyOf('That was it.', { source: 'script', end: 'max-turns' }));
    expect(call.state).toMatchObject({ status: 'speaking', ending: 'max-turns' });
  });

  test('are said by the workflow when a limit was reached without them', () => {
    const limits = { callSeconds: 600, turns: 2, farewell: 'That was enough.' };
    const call = talking({ limits }).talks(1, '1');
    expect(call.loses(1).attach(2)?.turnsLeft).toBe(1);
    expect(call.talks(2, '12').deeds()).toEqual(['hang-up: That was enough.']);
  });
});

describe('answers that are no answers of the model', () => {
  test('are recorded as degraded, and counted for the next media worker', () => {
    const call = talking()
      .told(1, '1')
      .said(1, '1', replyOf('Sorry?', { source: 'apology' }));
    expect(call.records().at(-1)).toMatchObject({ type: 'call.degraded', cause: 'apology' });
    expect(call.loses(1).attach(2)?.apologies).toBe(1);
  });

  test('of another model of the chain, too', () => {
    const tries = [
      { model: 'a', ms: 9, outcome: 'timeout' as const },
      { model: 'm', ms: 9, outcome: 'answered' as const },
    ];
    const call = talking().told(1, '1').said(1, '1', replyOf('Yes.', { tries }));
    expect(call.records().at(-1)).toMatchObject({
      type: 'call.degraded',
      cause: 'fallback_model',
      model: 'm',
      position: 1,
    });
  });

  test('end the call when there were as many in a row as its assistant allows', () => {
    const failure = { endAfter: 2, farewell: 'Please call later.' };
    const call = talking({ failure }).told(1, '1');
    call.said(1, '1', replyOf('Sorry?', { source: 'apology' })).told(1, '2');
    call.said(1, '2', replyOf('Sorry?', { source: 'apology' }));
    expect(call.deeds()).toEqual(['hang-up: Please call later.']);
    expect(call.state.ending).toBe('models-failed');
  });
});

test('a long conversation over one stream is summed up', () => {
  const call = talking();
  for (let turn = 1; turn <= 41; turn += 1) call.talks(1, String(turn));
  expect(call.deeds()).toEqual(['summarize']);
  call.isSummedUp('They booked.').talks(1, '42');
  expect(shortStory(call.state)).toEqual({ text: 'They booked.', upTo: '21' });
  expect(call.loses(1).attach(2)?.call).toMatchObject({ summary: 'They booked.' });
  expect(shortStory(carriedState(call.state))).toEqual(shortStory(call.state));
});

test('nothing is said to a call that was never offered a stream', () => {
  const call = offered({ mode: 'gather' }).told(1, '1').said(1, '1');
  expect(call.turns()).toEqual(['1 unanswered']);
});
