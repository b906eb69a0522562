import { describe, expect, test } from '@jest/globals';
import { listBody, pageRequest } from '../../../../src/http/api/frame/lists.ts';
import { Problem } from '../../../../src/http/api/frame/problems.ts';

const ROW = { createdAt: '2026-03-01T12:00:00.123Z', id: 'asst_1' };
const nowhere = async () => undefined;

function cursorFor(workspaceId: string, row = ROW): string {
  const { next_cursor: cursor } = listBody(
    { rows: [row], hasMore: true },
    workspaceId,
    ({ id }) => id,
  );
  if (cursor === null) throw new Error('no cursor');
  return cursor;
}

async function faultOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Problem ? [error.code, error.faults[0]?.pointer] : error;
}

describe('a page', () => {
  test('begins behind a cursor or an id, or ends before one', async () => {
    const cursor = cursorFor('ws_1');
    const ask = (query: object) =>
      pageRequest({ limit: 20, ...query }, 'ws_1', async (id) =>
        id === 'asst_1' ? ROW : undefined,
      );
    expect(await ask({})).toEqual({ limit: 20 });
    expect(await ask({ starting_after: cursor })).toEqual({ limit: 20, after: ROW });
    expect(await ask({ starting_after: 'asst_1' })).toEqual({ limit: 20, after: ROW });
    expect(await ask({ ending_before: cursor })).toEqual({ limit: 20, before: ROW });
    expect(await faultOf(ask({ starting_after: 'asst_2' }))).toEqual([
      'invalid',
      '?starting_after',
    ]);
    const both = ask({ starting_after: cursor, ending_before: cursor });
    expect(await faultOf(both)).toEqual(['invalid', '?ending_before']);
  });

  test('has a cursor only when there is more', () => {
    const body = listBody({ rows: [ROW], hasMore: false }, 'ws_1', ({ id }) => ({ id }));
    expect(body).toEqual({
      object: 'list',
      data: [{ id: 'asst_1' }],
      has_more: false,
      next_cursor: null,
    });
    expect(listBody({ rows: [], hasMore: true }, 'ws_1', String).next_cursor).toBeNull();
  });

  test('takes no cursor of another workspace, nor one that somebody changed', async () => {
    const cursor = cursorFor('ws_1');
    const [place = '', mark = ''] = cursor.split('.');
    const moved = Buffer.from(JSON.stringify(['2030-01-01T00:00:00.000Z', 'x'])).toString(
      'base64url',
    );
    const bad = [
      `${moved}.${mark}`,
      `${place}.${mark}x`,
      `${place}.`,
      `.${mark}`,
      '.',
      `${cursor}.a`,
    ];
    for (const text of [cursorFor('ws_2'), ...bad]) {
      const request = pageRequest({ limit: 1, starting_after: text }, 'ws_1', nowhere);
      expect(await faultOf(request)).toEqual(['invalid', '?starting_after']);
    }
  });

  test('takes no cursor that PostgreSQL could not read, however well it is made', async () => {
    const { createdAt, id } = ROW;
    for (const row of [
      { createdAt: '0000-01-01T00:00:00.000Z', id },
      { createdAt, id: 'a\u0000b' },
      { createdAt, id: 'a\ud800b' },
    ]) {
      const request = pageRequest(
        { limit: 1, ending_before: cursorFor('ws_1', row) },
        'ws_1',
        nowhere,
      );
      expect(await faultOf(request)).toEqual(['invalid', '?ending_before']);
    }
  });
});
