import { describe, expect, test } from '@jest/globals';
import { listeningAt, WrongAnswer } from '../../src/bench/expected-twiml.ts';
import { quickListeningAt } from '../../src/bench/quick-check.ts';
import type { TimedAnswer } from '../../src/bench/twilio-client.ts';
import { renderGoodbye, renderListen, renderRedirect } from '../../src/twilio/twiml.ts';
import { createUrls } from '../../src/twilio/urls.ts';

const callSid = `CA${'1'.repeat(32)}`;
const callId = `call_${'a'.repeat(43)}`;
const urls = createUrls('https://voice.example.com');
const voice = { language: 'en-US' };
const listen = { keys: true, timeoutSeconds: 5, speechTimeout: 'auto' as const, hints: ['a <b>'] };

const answered = (body: string, status = 200): TimedAnswer => ({
  status,
  contentType: 'text/xml; charset=utf-8',
  body,
  ms: 1,
});
const listening = (say: string, key: string, sid = callSid) =>
  renderListen({ say, voice }, listen, key, { callSid: sid, callId }, urls);

describe('the quick check of an answer', () => {
  test.each(['Hello.', 'Fish & chips <now>', 'x'.repeat(5000)])(
    'takes the same right answers as the careful one: %#',
    (said) => {
      const answer = answered(listening(said, '3'));
      const expected = { callSid, said, turn: 3 };
      expect(quickListeningAt(answer, expected)).toBe(listeningAt(answer, expected));
    },
  );

  const expected = { callSid, said: 'Hello.', turn: 3 };
  const spoken = { say: 'Hello.', voice };
  test.each<[string, TimedAnswer]>([
    ['another turn', answered(listening('Hello.', '2'))],
    ['a longer turn', answered(listening('Hello.', '33'))],
    ['an asking again', answered(listening('Hello.', '3-2'))],
    ['other words', answered(listening('Hello, hello.', '3'))],
    ['another call', answered(listening('Hello.', '3', `CA${'2'.repeat(32)}`))],
    ['a farewell', answered(renderGoodbye(spoken))],
    [
      'a filler',
      answered(renderRedirect(spoken, urls.processSpeech({ callSid, callId, key: '3' }))),
    ],
    ['a refusal', answered(listening('Hello.', '3'), 503)],
    [
      'something behind',
      answered(listening('Hello.', '3').replace('</Response>', '<Hangup/></Response>')),
    ],
    ['no XML', { ...answered(listening('Hello.', '3')), contentType: 'text/html' }],
  ])('refuses %s', (_what, answer) => {
    expect(() => quickListeningAt(answer, expected)).toThrow(WrongAnswer);
  });
});
