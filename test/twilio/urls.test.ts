import { describe, expect, test } from '@jest/globals';
import { createUrls } from '../../src/twilio/urls.ts';

const overrides = '#ct=2000&rt=5000&tt=15000&rc=2&rp=all';
const urls = createUrls('https://voice.example.com/voca/');
const ids = { callSid: 'CA1', callId: 'call_1' };

describe('URLs for Twilio', () => {
  test.each([
    [urls.voice(), '/webhook/voice'],
    [urls.voice(2), '/webhook/voice?wait=2'],
    [urls.outbound('call_1'), '/outbound?call=call_1'],
    [urls.outbound('call_1', 1), '/outbound?call=call_1&wait=1'],
    [urls.processSpeech({ ...ids, key: '3-2' }), '/process_speech/CA1?call=call_1&turn=3-2'],
    [
      urls.processSpeech({ ...ids, key: '3', wait: 1 }),
      '/process_speech/CA1?call=call_1&turn=3&wait=1',
    ],
    [urls.processSpeech({ ...ids, wait: 4 }), '/process_speech/CA1?call=call_1&wait=4'],
    [urls.status(), '/call/status'],
    [urls.status('call_1'), '/call/status?call=call_1'],
    [urls.connect({ callId: 'call_1', stream: 2 }), '/call/connect?call=call_1&stream=2'],
    [
      urls.connect({ callId: 'call_1', stream: 2, wait: 1 }),
      '/call/connect?call=call_1&stream=2&wait=1',
    ],
    [urls.fallback('call_1'), '/webhook/fallback?call=call_1'],
  ])('%s', (url, path) => {
    expect(url).toBe(`https://voice.example.com/voca${path}${overrides}`);
  });

  test.each([
    ['https://voice.example.com/voca/', undefined, 'wss://voice.example.com/voca'],
    ['http://127.0.0.1:5000', undefined, 'ws://127.0.0.1:5000'],
    ['http://localhost:5000/', undefined, 'ws://localhost:5000'],
    ['http://voice.example.com', undefined, 'wss://voice.example.com'],
    ['http://localhost.example.com', undefined, 'wss://localhost.example.com'],
    ['https://voice.example.com', 'wss://media.example.com/a/', 'wss://media.example.com/a'],
  ])('of streams: %s with %s', (webhooks, mediaUrl, base) => {
    const token = ({ stream }: { stream: number }) => `t${stream}`;
    const media = { token, ...(mediaUrl !== undefined && { baseUrl: mediaUrl }) };
    const grant = { callId: 'call_1', stream: 2, until: 0 };
    expect(createUrls(webhooks, media).stream(grant)).toEqual({
      url: `${base}/media/stream`,
      token: 't2',
    });
  });

  test('there is none for streams without media workers', () => {
    expect(() => urls.stream({ callId: 'call_1', stream: 1, until: 0 })).toThrow(RangeError);
  });

  test.each(['', 'a b', 'a/../b', 'a&b=c', 'ü', "it's", '+1500', 'a#b'])(
    'never carry the value %j',
    (value) => {
      expect(() => urls.outbound(value)).toThrow(RangeError);
      expect(() => urls.processSpeech({ ...ids, callSid: value })).toThrow(RangeError);
      expect(() => urls.processSpeech({ ...ids, key: value })).toThrow(RangeError);
    },
  );
});
