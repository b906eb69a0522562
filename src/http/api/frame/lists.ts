/**
 * Lists: the newest first, by pages. The order is (created_at, id), so that a reader misses and repeats
 * no row, whatever comes and goes meanwhile.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Page, PageRequest, Position } from '../../../db/page.ts';
import { isInCalendar } from './fields.ts';
import { invalid } from './problems.ts';

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 20;

const cursor = z
  .string()
  .regex(/^[0-9A-Za-z_.-]{1,300}$/, 'Not an id, nor a cursor')
  .meta({ description: 'The id of an object of the list, or a `next_cursor`' });

/** What every list is asked with, beside its filters. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  starting_after: cursor.optional(),
  ending_before: cursor.optional(),
};

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({
    object: z.literal('list'),
    data: z.array(item),
    has_more: z.boolean(),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `starting_after` to go on' }),
  });
}

interface PageQuery {
  limit: number;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
}

/**
 * @param find the place of an object by its id, hidden ones too; undefined when the workspace has none
 * @throws {Problem} `invalid` for a cursor that leads nowhere here.
 */
export async function pageRequest(
  query: PageQuery,
  workspaceId: string,
  find: (id: string) => Promise<Position | undefined>,
): Promise<PageRequest> {
  const { limit, starting_after: after, ending_before: before } = query;
  if (after !== undefined && before !== undefined) {
    throw invalid('?ending_before', 'exclusive', 'Give starting_after or ending_before, not both');
  }
  const place = async (name: string, text: string): Promise<Position> => {
    const position = positionIn(text, workspaceId) ?? (await find(text));
    if (!position)
      throw invalid(`?${name}`, 'unknown-cursor', 'There is no such place in this list');
    return position;
  };
  if (after !== undefined) return { limit, after: await place('starting_after', after) };
  if (before !== undefined) return { limit, before: await place('ending_before', before) };
  return { limit };
}

/** The body of a list's answer. */
export function listBody<R extends Position, T>(
  page: Page<R>,
  workspaceId: string,
  present: (row: R) => T,
) {
  const last = page.rows.at(-1);
  return {
    object: 'list' as const,
    data: page.rows.map(present),
    has_more: page.hasMore,
    next_cursor: page.hasMore && last ? cursorOf(last, workspaceId) : null,
  };
}

function cursorOf({ createdAt, id }: Position, workspaceId: string): string {
  const place = Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
  return `${place}.${markOf(place, workspaceId)}`;
}

/** Guards against mix-ups, not against forgery: a place tells nothing, and rows are isolated anyway. */
function markOf(place: string, workspaceId: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([workspaceId, place]))
    .digest();
  return digest.toString('base64url').slice(0, 16);
}

/** Whoever knows how can write one: it must hold nothing that PostgreSQL stumbles over. */
const placeForm = z.tuple([
  z.iso.datetime({ precision: 3 }).refine(isInCalendar),
  z.string().regex(/^[0-9A-Za-z_]{1,100}$/),
]);

function positionIn(text: string, workspaceId: string): Position | undefined {
  const [place = '', mark, ...rest] = text.split('.');
  if (mark === undefined || rest.length > 0) return undefined;
  const expected = Buffer.from(markOf(place, workspaceId));
  const given = Buffer.from(mark);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const parsed = placeForm.safeParse(jsonIn(Buffer.from(place, 'base64url').toString()));
  return parsed.success ? { createdAt: parsed.data[0], id: parsed.data[1] } : undefined;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
