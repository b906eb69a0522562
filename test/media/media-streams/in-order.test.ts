import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InOrder } from '../../../src/media/media-streams/in-order.ts';
import type { MediaFrame } from '../../../src/media/media-streams/messages.ts';

/** A piece of 20 ms that says which one it is. */
const piece = (chunk: number, extra: Partial<MediaFrame> = {}): MediaFrame => ({
  audio: new Uint8Array(160).fill(chunk),
  chunk,
  timestamp: 5 + (chunk - 1) * 20,
  ...extra,
});

/** What was passed on as `1 2 _60 3`: the pieces, and the silence in milliseconds. */
function listen() {
  const heard: string[] = [];
  let dropped = 0;
  const order = new InOrder({
    onAudio: (audio) => {
      const isSilence = audio.every((sample) => sample === 0xff);
      heard.push(isSilence ? `_${audio.length / 8}` : String(audio[0]));
    },
    onDropped: (count) => (dropped += count),
  });
  return { order, heard: () => heard.join(' '), dropped: () => dropped };
}

function hear(frames: MediaFrame[]) {
  const { order, heard, dropped } = listen();
  for (const frame of frames) order.push(frame);
  order.flush();
  return { heard: heard(), dropped: dropped() };
}

describe('the audio of a caller', () => {
  test('passes at once while nothing is missing', () => {
    const { order, heard } = listen();
    for (let chunk = 1; chunk <= 5; chunk += 1) {
      order.push(piece(chunk));
      expect(heard().split(' ')).toHaveLength(chunk);
    }
  });

  test('a lost piece is as much silence, once the next ones have waited for it', () => {
    const { order, heard } = listen();
    for (const chunk of [1, 2, 4, 5, 6]) order.push(piece(chunk));
    expect(heard()).toBe('1 2');
    order.push(piece(7));
    expect(heard()).toBe('1 2 _20 4 5 6 7');
  });

  test('swapped pieces are put in order', () => {
    expect(hear([1, 3, 2, 4].map((n) => piece(n))).heard).toBe('1 2 3 4');
    expect(hear([1, 4, 3, 2, 5].map((n) => piece(n))).heard).toBe('1 2 3 4 5');
  });

  test('a piece that comes twice or too late is dropped', () => {
    expect(hear([1, 2, 2, 1, 3].map((n) => piece(n)))).toEqual({ heard: '1 2 3', dropped: 2 });
    const late = [1, 3, 3, 4, 5, 6, 2, 7].map((n) => piece(n));
    expect(hear(late)).toEqual({ heard: '1 _20 3 4 5 6 7', dropped: 2 });
  });

  test('what is lost without a number missing is silence, too', () => {
    const later = piece(3, { timestamp: 5 + 2 * 20 + 100 });
    expect(hear([piece(1), piece(2), later]).heard).toBe('1 2 _100 3');
  });

  test('silence is bounded, and what follows it is heard', () => {
    const far = piece(3, { timestamp: 3_600_000 });
    const next = piece(4, { timestamp: 3_600_020 });
    expect(hear([piece(1), piece(2), far, next]).heard).toBe('1 2 _1000 3 4');
  });

  test('numbers that count another track as well delay nothing', () => {
    const { order, heard } = listen();
    for (let n = 1; n <= 5; n += 1) {
      order.push(piece(n, { chunk: 2 * n }));
      expect(heard().split(' ')).toHaveLength(n);
    }
    expect(heard()).toBe('1 2 3 4 5');
  });

  test('timestamps that come a little early or late are no gap', () => {
    const shaky = [0, 7, -6, 9, -9, 3].map((by, i) =>
      piece(i + 1, { timestamp: 100 + i * 20 + by }),
    );
    expect(hear(shaky).heard).toBe('1 2 3 4 5 6');
  });

  test('without numbers it is taken as it comes; without timestamps numbers count', () => {
    const bare = (n: number): MediaFrame => ({ audio: new Uint8Array(160).fill(n) });
    expect(hear([1, 2, 3].map(bare)).heard).toBe('1 2 3');
    const numbered = [1, 2, 5, 6, 7, 8].map((chunk) => ({ ...bare(chunk), chunk }));
    expect(hear(numbered).heard).toBe('1 2 _40 5 6 7 8');
  });

  test('pieces of any size', () => {
    const sizes = [80, 160, 800, 1, 4_000];
    let timestamp = 0;
    const frames = sizes.map((size, i) => {
      const frame = piece(i + 1, { audio: new Uint8Array(size).fill(i + 1), timestamp });
      timestamp = Math.round(timestamp + size / 8);
      return frame;
    });
    expect(hear(frames).heard).toBe('1 2 3 4 5');
  });

  test('whatever comes: nothing twice, nothing out of order, no more time than there was', () => {
    const numbers = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(numbers, (order) => {
        const { heard } = hear(order.map((n) => piece(n)));
        const words = heard === '' ? [] : heard.split(' ');
        const pieces = words.filter((word) => !word.startsWith('_')).map(Number);
        expect(pieces).toEqual([...new Set(pieces)].sort((a, b) => a - b));
        const ms = words.reduce((sum, w) => sum + (w.startsWith('_') ? Number(w.slice(1)) : 20), 0);
        const first = pieces[0] ?? 0;
        const last = pieces.at(-1) ?? 0;
        expect(ms).toBe(pieces.length === 0 ? 0 : (last - first + 1) * 20);
      }),
    );
  });
});
