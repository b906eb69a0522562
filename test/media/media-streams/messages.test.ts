import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readMessage } from '../../../src/media/media-streams/messages.ts';

const read = (message: unknown) => readMessage(JSON.stringify(message));
const SID = `MZ${'3'.repeat(32)}`;
const audio = Buffer.from(Array.from({ length: 160 }, (_, i) => i));
const START = {
  event: 'start',
  sequenceNumber: '1',
  streamSid: SID,
  start: {
    streamSid: SID,
    accountSid: `AC${'1'.repeat(32)}`,
    callSid: `CA${'2'.repeat(32)}`,
    tracks: ['inbound'],
    customParameters: { call: 'call_1', token: 'x.y' },
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
  },
};

describe('a message of Media Streams', () => {
  test('start tells which stream it is', () => {
    expect(read(START)).toEqual({
      event: 'start',
      start: {
        streamSid: SID,
        accountSid: `AC${'1'.repeat(32)}`,
        callSid: `CA${'2'.repeat(32)}`,
        parameters: { call: 'call_1', token: 'x.y' },
        isPlainAudio: true,
      },
    });
  });

  test.each([
    ['another encoding', { encoding: 'audio/l16', sampleRate: 8000, channels: 1 }, false],
    ['another rate', { encoding: 'audio/x-mulaw', sampleRate: 16_000, channels: 1 }, false],
    ['stereo', { encoding: 'audio/x-mulaw', sampleRate: '8000', channels: '2' }, false],
    ['numbers as text', { encoding: 'audio/x-mulaw', sampleRate: '8000', channels: '1' }, true],
    ['nothing said', undefined, true],
  ])('audio of %s', (_what, mediaFormat, isPlainAudio) => {
    const message = read({ ...START, start: { ...START.start, mediaFormat } });
    expect(message).toMatchObject({ start: { isPlainAudio } });
  });

  test('numbers may be numbers or decimal strings; what is neither is left out', () => {
    const media = (chunk: unknown, timestamp: unknown) =>
      read({
        event: 'media',
        streamSid: SID,
        media: { track: 'inbound', chunk, timestamp, payload: audio.toString('base64') },
      });
    const frame = { audio };
    expect(media('7', '125')).toEqual({
      event: 'media',
      streamSid: SID,
      frame: { ...frame, chunk: 7, timestamp: 125 },
    });
    expect(media(7, 125)).toEqual(media('7', '125'));
    for (const odd of [undefined, null, '', '-1', -1, '1e3', 1.5, '9'.repeat(30), [], {}]) {
      expect(media(odd, odd)).toEqual({ event: 'media', streamSid: SID, frame });
    }
  });

  test('payloads may have any length; what is no base64 is no message', () => {
    const media = (payload: unknown) => read({ event: 'media', media: { payload } });
    for (const length of [0, 1, 2, 3, 80, 160, 161, 4_000]) {
      const bytes = Buffer.alloc(length, 0x55);
      expect(media(bytes.toString('base64'))).toMatchObject({ frame: { audio: bytes } });
    }
    for (const bad of ['a', 'ab=c', 'ab*d', 'abcde', '====', '\0\0\0\0', 7, null, undefined, {}]) {
      expect(media(bad)).toBeUndefined();
    }
  });

  test('other tracks, keys that are none and new events are of no meaning', () => {
    const other = { event: 'other' };
    expect(read({ event: 'media', media: { track: 'outbound', payload: 'AAAA' } })).toEqual(other);
    expect(read({ event: 'dtmf', dtmf: { digit: 'x' } })).toEqual(other);
    expect(read({ event: 'dtmf', dtmf: {} })).toEqual(other);
    expect(read({ event: 'weather', weather: 'fine' })).toEqual(other);
  });

  test.each(['0', '9', '*', '#', 'A', 'D'])('the key %s', (digit) => {
    const key = { event: 'dtmf', streamSid: SID, digit };
    const message = { event: 'dtmf', streamSid: SID, dtmf: { track: 'inbound_track', digit } };
    expect(read(message)).toEqual(key);
    expect(read({ ...message, dtmf: { digit: digit.toLowerCase() } })).toEqual(key);
  });

  test('mark and stop', () => {
    const mark = { event: 'mark', streamSid: SID, mark: { name: 'a' } };
    expect(read(mark)).toEqual({ event: 'mark', streamSid: SID, name: 'a' });
    expect(read({ event: 'stop', streamSid: SID, stop: {} })).toEqual({
      event: 'stop',
      streamSid: SID,
    });
  });

  test('everything else is no message, and nothing throws', () => {
    const words = ['', 'x', '{', '[]', 'null', '7', '"media"', '{"event":7}', '{}'];
    for (const text of words) expect(readMessage(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.json(), (text) => {
        readMessage(text);
        for (const event of ['start', 'media', 'mark', 'dtmf', 'stop', 'connected']) {
          readMessage(`{"event":"${event}","${event}":${text},"streamSid":${text}}`);
        }
      }),
    );
    expect(readMessage(`${'['.repeat(60_000)}${']'.repeat(60_000)}`)).toBeUndefined();
  });
});
