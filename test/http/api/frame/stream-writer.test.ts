import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { DatabaseError } from '../../../../src/db/errors.ts';
import { Bell } from '../../../../src/event-stream/bell.ts';
import { writeStream } from '../../../../src/http/api/frame/stream-writer.ts';
import type { StreamPage, StreamTimes } from '../../../../src/http/api/frame/stream-writer.ts';
import { createLogger } from '../../../../src/log.ts';

const one = (id: string) => ({ id, type: 'a', data: '{}' });
const page = (ids: string[], more: Partial<StreamPage> = {}): StreamPage => ({
  events: ids.map(one),
  hasMore: false,
  ...more,
});
const text = (id: string) => `id: ${id}\nevent: a\ndata: {}\n\n`;
const HEAD = 'retry: 1000\n\n';

/** @param reads one after the other; what is no page is thrown */
function writing(
  reads: (StreamPage | Error)[],
  times: StreamTimes & { place?: () => string } = {},
) {
  const bell = new Bell();
  const ending = new AbortController();
  let logged = '';
  let cuts = 0;
  const { place, ...rest } = times;
  const lines = writeStream(
    {
      read: async () => {
        const next = reads.shift() ?? page([]);
        if (next instanceof Error) throw next;
        return next;
      },
      close: () => undefined,
      ...(place && { place }),
    },
    {
      bell,
      ended: ending.signal,
      cut: () => (cuts += 1),
      log: createLogger({
        level: 'trace',
        role: 'api',
        destination: { write: (line: string) => void (logged += line) },
      }),
      ...rest,
    },
  );
  const take = async (count: number) => {
    const taken: unknown[] = [];
    while (taken.length < count) {
      const { value, done } = await lines.next();
      if (done) return [...taken, 'over'];
      taken.push(value);
    }
    return taken;
  };
  const end = () => {
    ending.abort();
    bell.ring();
  };
  return { bell, end, take, lines, log: () => logged, cuts: () => cuts };
}

describe('a stream', () => {
  test('reads on at once while there is more, and ends when it is over', async () => {
    const { take } = writing([
      page(['1', '2'], { hasMore: true }),
      page(['3'], { isOver: true, hasMore: true }),
      page(['4'], { isOver: true }),
    ]);
    expect(await take(9)).toEqual([HEAD, text('1'), text('2'), text('3'), text('4'), 'over']);
  });

  test('waits for the bell, which may have rung while it read', async () => {
    const { take, bell } = writing([page(['1']), page(['2']), page(['3'])]);
    expect(await take(2)).toEqual([HEAD, text('1')]);
    bell.ring();
    bell.ring();
    expect(await take(1)).toEqual([text('2')]);
    const third = take(1);
    await delay(20);
    bell.ring();
    expect(await third).toEqual([text('3')]);
  });

  test('gives signs of life, and says where to go on when that has changed', async () => {
    let place = 'pos_1';
    const { take } = writing([], { pingMs: 10, place: () => place });
    expect(await take(2)).toEqual([`${HEAD}id: pos_1\n\n`, ': ping\n\n']);
    place = 'pos_2';
    expect(await take(2)).toEqual([': ping\n\nid: pos_2\n\n', ': ping\n\n']);
  });

  test('ends at once, also in the middle of a page', async () => {
    const { take, end } = writing([page(['1', '2', '3'])]);
    expect(await take(2)).toEqual([HEAD, text('1')]);
    end();
    expect(await take(1)).toEqual(['over']);
    const waiting = writing([]);
    await waiting.take(1);
    const rest = waiting.take(1);
    await delay(10);
    waiting.end();
    expect(await rest).toEqual(['over']);
  });

  test('stays open while nothing can be read, and goes on after', async () => {
    const away = new DatabaseError('Reading events', 'ECONNREFUSED', true);
    const { take, log } = writing([away, away, page(['1'])], { againMs: 10 });
    expect(await take(4)).toEqual([HEAD, ': ping\n\n', ': ping\n\n', text('1')]);
    expect(log()).toBe('');
  });

  test('tells the log of an error that is ours', async () => {
    const { take, log } = writing([new Error('a secret'), page(['1'])], { againMs: 10 });
    expect(await take(3)).toEqual([HEAD, ': ping\n\n', text('1')]);
    expect(log()).toContain('a stream cannot be read');
    expect(log()).not.toContain('a secret');
  });

  test('is cut when what was sent is not read in time, and not while it is', async () => {
    const { take, cuts, lines } = writing([page(['1', '2', '3'])], { stallMs: 60 });
    for (let nth = 0; nth < 4; nth += 1) {
      await take(1);
      await delay(20);
    }
    expect(cuts()).toBe(0);
    await delay(80);
    expect(cuts()).toBe(1);
    await lines.return(undefined);
  });

  test('leaves no timer when its reader has gone', async () => {
    const { take, cuts, lines } = writing([page(['1', '2'])], { stallMs: 20 });
    await take(2);
    await lines.return(undefined);
    await delay(50);
    expect(cuts()).toBe(0);
  });
});
