/** A list that is read to its end misses no row and repeats none, whatever comes and goes meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as assistants from '../../src/db/assistants.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { newId } from '../../src/ids.ts';
import type { ApiBench, ApiProcess } from './support/api.ts';
import { openApiBench } from './support/api.ts';
import { draft } from './support/database.ts';

interface ListBody {
  data: { id: string; created_at: string }[];
  has_more: boolean;
  next_cursor: string | null;
}

const BATCHES = 60;
const MANY = { reads: 1_000_000, writes: 1_000_000, dials: 0 };

let bench: ApiBench;
let readers: ApiProcess;
let writers: ApiProcess;
let workspaceId: string;
let key: string;
/** Rows that stay, and rows that go while the list is read. */
const staying = new Set<string>();
const leaving: string[] = [];
let isBusy = true;

beforeAll(async () => {
  bench = await openApiBench();
  workspaceId = await bench.workspace();
  key = await bench.key(workspaceId);
  await bench.owner
    .updateTable('workspaces')
    .set({ limits: JSON.stringify({ key: MANY, workspace: MANY }) })
    .execute();
  readers = await bench.start();
  writers = await bench.start();
  // The ten of a batch were made in the same moment.
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await inWorkspace(bench.db, workspaceId, 'Filling', async (scope) => {
      for (let index = 0; index < 10; index += 1) {
        const { assistant } = await assistants.create(scope, newId('asst'), draft);
        if (index % 2 === 0) staying.add(assistant.id);
        else leaving.push(assistant.id);
      }
    });
  }
});
afterAll(() => bench.close());

const page = async (query: string): Promise<ListBody> => {
  const { status, body } = await readers.ask<ListBody>(`/v1/assistants?limit=17&${query}`, { key });
  if (status !== 200) throw new Error(`The list answered ${status}`);
  return body;
};

/** All rows, the newest first; by the ids of rows or by the cursors that the list gives. */
async function readDown(by: 'ids' | 'cursors'): Promise<ListBody['data']> {
  const rows: ListBody['data'] = [];
  let at = '';
  for (;;) {
    const { data, has_more, next_cursor } = await page(at);
    rows.push(...data);
    if (!has_more) return rows;
    at = `starting_after=${by === 'ids' ? data.at(-1)?.id : next_cursor}`;
  }
}

/** From the oldest row to the newest; the newest first in what is returned. */
async function readUp(): Promise<ListBody['data']> {
  const all = await readDown('cursors');
  const oldest = all.filter(({ id }) => staying.has(id)).at(-1);
  const rows = oldest ? [oldest] : [];
  for (;;) {
    const { data, has_more } = await page(`ending_before=${rows[0]?.id}`);
    rows.unshift(...data);
    if (!has_more) return rows;
  }
}

function check(rows: ListBody['data']): void {
  const ids = rows.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const seen = new Set(ids);
  expect([...staying].filter((id) => !seen.has(id))).toEqual([]);
  const places = rows.map(({ created_at, id }) => `${created_at} ${id}`);
  expect(places).toEqual(places.toSorted((a, b) => (a < b ? 1 : -1)));
}

const remove = async (id: string) => {
  const { status } = await writers.ask(`/v1/assistants/${id}`, { key, method: 'DELETE' });
  expect(status).toBe(204);
};

/** 700 come, 650 go: among them every other one that was there before. */
async function comeAndGo(lane: number, lanes: number): Promise<void> {
  for (let index = lane; index < 700; index += lanes) {
    const { body, status } = await writers.ask<{ id: string }>('/v1/assistants', {
      key,
      body: { name: 'Passing', instructions: '' },
    });
    expect(status).toBe(201);
    if (index % 2 === 0) await remove(body.id);
    const old = leaving[index];
    if (old !== undefined) await remove(old);
  }
}

describe('while a thousand rows come and go', () => {
  test('a list that is read to its end misses and repeats none of those that stay', async () => {
    const writing = Promise.all([0, 1, 2, 3].map((lane) => comeAndGo(lane, 4))).finally(() => {
      isBusy = false;
    });
    const reads = { down: 0, up: 0 };
    const read = async (kind: keyof typeof reads, each: () => Promise<ListBody['data']>) => {
      while (isBusy) {
        check(await each());
        reads[kind] += 1;
      }
    };
    await Promise.all([
      writing,
      read('down', () => readDown('cursors')),
      read('down', () => readDown('ids')),
      read('up', readUp),
    ]);
    expect(reads.down).toBeGreaterThan(1);
    expect(reads.up).toBeGreaterThan(0);
  });

  test('nothing is left afterwards of those that went', async () => {
    const rows = await readDown('cursors');
    check(rows);
    expect(rows).toHaveLength(staying.size + 350);
    const seen = new Set(rows.map(({ id }) => id));
    expect(leaving.filter((id) => seen.has(id))).toEqual([]);
  });
});
