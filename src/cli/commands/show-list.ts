/** A list of the API as a table, or as one JSON array. */
import type { z } from 'zod';
import { understand } from '../api-answer.ts';
import type { Query } from '../api-client.ts';
import { oneLine, table } from '../format.ts';
import { json } from './api-io.ts';
import type { ApiIo, ListOptions } from './api-io.ts';

export interface ListView<T> {
  /** Below `/v1`. */
  path: string;
  query?: Query;
  /** What the table needs of a row; rows may have more. */
  row: z.ZodType<T>;
  heading: string[];
  cells: (row: T) => (string | number | null | undefined)[];
  /** Said when there is nothing. */
  none: string;
}

const WIDEST_CELL = 40;

export async function showList<T>(
  io: ApiIo,
  { limit, all, json: asJson }: ListOptions,
  view: ListView<T>,
): Promise<void> {
  const api = await io.api();
  const rows: unknown[] = [];
  let more = false;
  for await (const page of api.pages(view.path, view.query, all ? Infinity : limit)) {
    rows.push(...page.rows);
    more = page.hasMore;
  }
  if (asJson) return io.out(json(rows));
  const cells = rows.map((row) => view.cells(understand(view.row, row)).map(cell(io)));
  io.out(cells.length === 0 ? view.none : table([view.heading, ...cells]));
  if (more) io.error('There are more: see --limit and --all.');
}

function cell(io: ApiIo): (value: string | number | null | undefined) => string {
  return (value) => {
    const text = oneLine(String(value ?? '-'));
    const characters = Array.from(text);
    if (!io.isTerminal || characters.length <= WIDEST_CELL) return text;
    return `${characters.slice(0, WIDEST_CELL - 1).join('')}…`;
  };
}
