/** Lists calls over HTTP by every filter and at every depth, and takes the times. */
import type { Database } from '../../db/pool.ts';
import type { Progress } from '../../embedded/progress.ts';
import { summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { NamedFilter } from './filters.ts';
import type { HttpClient } from './http-client.ts';
import { LIMIT, PLACES, visitsTo } from './places.ts';
import type { Place, Visit } from './places.ts';

export interface ListFigures {
  filter: string;
  isSingle: boolean;
  /** How many calls it matches. */
  rows: number;
  places: Record<Place, Summary>;
  /** The worst p95 of the places, in milliseconds. */
  p95: number | null;
}

export interface ListTimes {
  lists: ListFigures[];
  /** What was answered wrongly, a line for each kind. */
  problems: string[];
}

export interface ListOptions {
  client: Pick<HttpClient, 'ask'>;
  /** Sees all rows. */
  owner: Database;
  workspaceId: string;
  filters: readonly NamedFilter[];
  times: number;
  stopping: AbortSignal;
  progress: Progress;
}

/** The first requests of a process that has just started are no measure; both processes get some. */
const WARMUP = 40;

export async function measureLists(options: ListOptions): Promise<ListTimes> {
  const { filters, stopping, progress } = options;
  const lists: ListFigures[] = [];
  const problems: string[] = [];
  for (let time = 0; time < WARMUP; time += 1) await options.client.ask('/v1/calls');
  for (const [at, named] of filters.entries()) {
    if (stopping.aborted) break;
    progress.live(`Listing calls: filter ${at + 1} of ${filters.length} ...`);
    lists.push(await measureFilter(options, named, problems));
  }
  return { lists, problems };
}

async function measureFilter(
  { client, owner, workspaceId, times, stopping }: ListOptions,
  { name, filter, isSingle }: NamedFilter,
  problems: string[],
): Promise<ListFigures> {
  const { rows, visits } = await visitsTo(owner, { workspaceId, filter, times });
  const taken: Record<Place, number[]> = { top: [], middle: [], end: [], backwards: [] };
  for (const visit of visits) {
    if (stopping.aborted) break;
    const query = new URLSearchParams({ limit: String(LIMIT), ...filter, ...visit.cursor });
    const answer = await client.ask(`/v1/calls?${query.toString()}`);
    taken[visit.place].push(answer.ms);
    const wrong = answer.status === 200 ? faultOf(answer.body, visit) : `status ${answer.status}`;
    if (wrong !== undefined) problems.push(`list of calls, ${name}, ${visit.place}: ${wrong}`);
  }
  const places = Object.fromEntries(
    PLACES.map((place) => [place, summarize(taken[place])]),
  ) as Record<Place, Summary>;
  const p95s = PLACES.map((place) => places[place].p95).filter((p95) => p95 !== null);
  return { filter: name, isSingle, rows, places, p95: p95s.length > 0 ? Math.max(...p95s) : null };
}

/** What is wrong with a page; undefined for nothing. Pure. */
export function faultOf(body: unknown, { rows, hasMore }: Visit): string | undefined {
  const { data, has_more: more } = (body ?? {}) as { data?: unknown; has_more?: unknown };
  if (!Array.isArray(data)) return 'no list';
  if (data.length !== rows) return `${data.length} rows instead of ${rows}`;
  return more === hasMore ? undefined : `has_more is ${String(more)}`;
}
