import { describe, expect, test } from '@jest/globals';
import { isGoodbye, listeningAt, WrongAnswer } from '../../src/bench/expected-twiml.ts';
import type { TimedAnswer } from '../../src/bench/twilio-client.ts';
import { renderGoodbye, renderListen, renderRedirect } from '../../src/twilio/twiml.ts';
import { createUrls } from '../../src/twilio/urls.ts';

const callSid = `CA${'1'.repeat(32)}`;
const callId = `call_${'a'.repeat(43)}`;
const urls = createUrls('https://voice.example.com');
const voice = { language: 'en-US' };
const listen = { keys: true, timeoutSeconds: 5, speechTimeout: 'auto' as const, hints: [] };
const expected = { callSid, said: 'Fish & chips, please.', turn: 3 };

const answered = (body: string, rest: Partial<TimedAnswer> = {}): TimedAnswer => ({
  status: 200,
  contentType: 'text/xml; charset=utf-8',
  body,
  ms: 1,
  ...rest,
});
const listening = (say: string, key: string, sid = callSid) =>
  renderListen({ say, voice }, listen, key, { callSid: sid, callId }, urls);

const faultOf = (answer: TimedAnswer): string => {
  try {
    listeningAt(answer, expected);
  } catch (error) {
    if (error instanceof WrongAnswer) return error.message;
    throw error;
  }
  return 'none';
};

describe('the answer that a webhook ought to get', () => {
  test('names the URL for what the caller says next', () => {
    const action = listeningAt(answered(listening(expected.said, '3')), expected);
    expect(action).toBe(urls.processSpeech({ callSid, callId, key: '3' }));
  });

  test('is told from a filler, a farewell, other words and another turn', () => {
    const wait = urls.processSpeech({ callSid, callId, key: '2', wait: 1 });
    const spoken = { say: 'One moment, please.', voice };
    expect(faultOf(answered(renderRedirect(spoken, wait)))).toBe(
      'not a single Gather: Say, Redirect',
    );
    expect(faultOf(answered(renderGoodbye(spoken)))).toBe('not a single Gather: Say, Hangup');
    expect(faultOf(answered(listening('Sorry?', '3')))).toBe('other words');
    expect(faultOf(answered(listening(expected.said, '2')))).toBe('listens for another turn');
    expect(faultOf(answered(listening(expected.said, '3-2')))).toBe('listens for another turn');
    const foreign = listening(expected.said, '3', `CA${'2'.repeat(32)}`);
    expect(faultOf(answered(foreign))).toBe('an action for something else');
  });

  test('is told from a refusal and from what is no TwiML', () => {
    const good = listening(expected.said, '3');
    expect(faultOf(answered(good, { status: 503 }))).toBe('HTTP status 503');
    expect(faultOf(answered(good, { contentType: 'text/html' }))).toBe('not text/xml');
    expect(faultOf(answered('<html>'))).toMatch(/^no TwiML: /);
    expect(faultOf(answered('<Response/>'))).toBe('not a single Gather: nothing');
    const get = good.replace('method="POST"', 'method="GET"');
    expect(faultOf(answered(get))).toBe('not to be answered by POST');
    const relative = good.replace('https://voice.example.com', '');
    expect(faultOf(answered(relative))).toBe('an action that is no absolute URL');
  });

  test('is described without the words that were said', () => {
    expect(faultOf(answered(listening('my secret', '3')))).not.toContain('secret');
  });
});

describe('the answer to a webhook of a call that is over', () => {
  test('says at most some words, and hangs up', () => {
    const spoken = { say: 'Goodbye.', voice };
    expect(isGoodbye(answered(renderGoodbye(spoken)))).toBe(true);
    expect(isGoodbye(answered(renderGoodbye({ ...spoken, say: '' })))).toBe(true);
    expect(isGoodbye(answered(renderGoodbye(spoken), { status: 503 }))).toBe(false);
    expect(isGoodbye(answered(listening('Sorry?', '3')))).toBe(false);
    expect(isGoodbye(answered('<Response><Say>Hello.</Say></Response>'))).toBe(false);
    expect(isGoodbye(answered('<html>'))).toBe(false);
  });
});
