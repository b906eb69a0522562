import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EventReader } from '../../src/cli/server-sent-events.ts';
import type { ServerSentEvent } from '../../src/cli/server-sent-events.ts';
import {
  eventText,
  PING,
  placeText,
  retryText,
} from '../../src/http/api/frame/server-sent-events.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function readAll(text: string): { events: ServerSentEvent[]; last: string } {
  const reader = new EventReader();
  const events = reader.read(bytesOf(text));
  return { events, last: reader.lastEventId };
}

/** Cut into two at every byte, and into single bytes. */
function everyCut(text: string): { events: ServerSentEvent[]; last: string }[] {
  const bytes = bytesOf(text);
  const cuts = Array.from({ length: bytes.length + 1 }, (_, at) => [
    bytes.subarray(0, at),
    bytes.subarray(at),
  ]);
  const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  return [...cuts, single].map((pieces) => {
    const reader = new EventReader();
    const events = pieces.flatMap((piece) => reader.read(piece));
    return { events, last: reader.lastEventId };
  });
}

describe('what the API writes', () => {
  const written = fc.record({
    id: fc.stringMatching(/^evt_[0-9A-Za-z]{1,26}$/),
    type: fc.stringMatching(/^[a-z]{1,10}(\.[a-z]{1,10}){0,2}$/),
    data: fc.json({ depthSize: 'small' }),
  });

  test('is read as it was meant, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 4 }), (events) => {
        const text =
          retryText(1_000) + placeText('pos_7') + events.map(eventText).join(PING) + PING;
        const expected = { events, last: events.at(-1)?.id ?? 'pos_7' };
        for (const read of everyCut(text)) expect(read).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('keeps every character that JSON may hold within its line', () => {
    const data = JSON.stringify('\n\r\u2028\u2029\u0085\0 : \u{1F600} é');
    const [event] = readAll(eventText({ id: 'evt_1', type: 'a', data })).events;
    expect(event).toEqual({ id: 'evt_1', type: 'a', data });
  });
});

describe('any server-sent events', () => {
  test.each([
    ['lines that end in CR, LF or both', 'data: a\rdata: b\r\ndata: c\n\r\n', ['a\nb\nc']],
    ['a mark of byte order', '\uFEFFdata: a\n\n', ['a']],
    ['one space after the colon, not two', 'data:  a\ndata:b\n\n', [' a\nb']],
    ['a field without a colon', 'data\n\n', ['']],
    ['comments and unknown fields', ': no\nodd: x\ndata: a\n\n', ['a']],
    ['an event without its end', 'data: a\n\ndata: b\n', ['a']],
    ['empty lines between events', '\n\n\ndata: a\n\n\n\ndata: b\n\n', ['a', 'b']],
  ])('%s', (_what, text, data) => {
    for (const { events } of everyCut(text)) {
      expect(events.map((event) => event.data)).toEqual(data);
    }
  });

  test('keep the id of the event before, and forget its type', () => {
    for (const { events, last } of everyCut(
      'id: 1\nevent: a\ndata: x\n\ndata: y\n\nid\ndata: z\n\n',
    )) {
      expect(events).toEqual([
        { id: '1', type: 'a', data: 'x' },
        { id: '1', type: 'message', data: 'y' },
        { id: '', type: 'message', data: 'z' },
      ]);
      expect(last).toBe('');
    }
  });

  test('do not take an id with a NUL, nor one that was never completed', () => {
    expect(readAll('id: 1\n\nid: a\0b\n\n').last).toBe('1');
    expect(readAll('id: 1\n\nid: 2\n').last).toBe('1');
  });

  test('whatever bytes come, cut or whole, are read alike', () => {
    const piece = fc.constantFrom(
      'data',
      ':',
      ' ',
      '\r',
      '\n',
      'id',
      'event',
      'a',
      'é',
      '\u{1F600}',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const text = pieces.join('');
        const whole = readAll(text);
        for (const read of everyCut(text)) expect(read).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  test('a line that never ends is refused', () => {
    const reader = new EventReader();
    const bytes = bytesOf('a'.repeat(1024 * 1024));
    expect(() => {
      for (let nth = 0; nth < 6; nth += 1) reader.read(bytes);
    }).toThrow('too long');
  });
});
