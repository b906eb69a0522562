/**
 * Fills a workspace with calls as a busy one has them: a few assistants with most of the calls, many with
 * few; customers who call once, and some who call every day; a year of them.
 */
import { sql } from 'kysely';
import type { Database } from '../../db/pool.ts';

export interface FillOptions {
  workspaceId: string;
  calls: number;
  /** Told how many are there. */
  onProgress?: (done: number) => void;
}

/** A statement that makes more keeps everybody else from knowing how far it is. */
const BATCH = 50_000;

/**
 * Afterwards the planner knows the tables.
 * @param owner owns the tables, and may take its time
 */
export async function fillCalls(owner: Database, options: FillOptions): Promise<void> {
  const { workspaceId, calls, onProgress = () => undefined } = options;
  for (let first = 1; first <= calls; first += BATCH) {
    const last = Math.min(calls, first + BATCH - 1);
    await insertCalls(owner, { workspaceId, calls, first, last });
    onProgress(last);
  }
}

/** As autovacuum would, in its time. */
export async function settle(owner: Database): Promise<void> {
  await sql`vacuum (analyze) calls`.execute(owner);
}

interface Batch {
  workspaceId: string;
  calls: number;
  first: number;
  last: number;
}

/** `g` counts the calls from the oldest one; every third has the same millisecond as the two before. */
async function insertCalls(owner: Database, { workspaceId, calls, first, last }: Batch) {
  const [assistants, customers] = [200, Math.ceil(calls / 4)];
  await sql`
    insert into calls (id, workspace_id, direction, account_sid, call_sid, from_number, to_number, status,
      end_reason, assistant_id, assistant_version, greeting, duration_seconds, created_at, queued_at,
      ringing_at, answered_at, ended_at, last_sequence, session_id, phone_number_id, metadata, summary,
      deleted_at)
    select 'call_' || md5(name) || left(md5('more' || name), 11), ${workspaceId}, direction,
      'AC' || md5(${workspaceId}), 'CA' || md5(name),
      case direction when 'inbound' then customer else ours end,
      case direction when 'inbound' then ours else customer end,
      status,
      case when status = 'ended' then reason end,
      'asst_bench' || assistant, 1 + assistant % 9,
      case when heard then 'Hello, you have reached us. How can I help you today?' end,
      case when status = 'ended' then case when heard then 20 + n % 400 else 0 end end,
      at, case direction when 'outbound' then at end, at + interval '200 ms',
      case when heard then at + interval '9 seconds' end,
      case when status = 'ended' then at + (30 + n % 400) * interval '1 second' end,
      case when heard then 8 + n % 40 else 3 end,
      'sess_' || md5(${workspaceId} || assistant || customer || date_trunc('month', at)),
      case when n % 33 > 0 then 'pn_bench' || number end,
      case when n % 4 = 0 then jsonb_build_object('order', 'A-' || n) else '{}' end,
      case when heard and n % 3 > 0 then repeat('The customer asked for something and got it. ', 4) end,
      case when n % 97 = 0 then at + interval '30 days' end
    from (
      select drawn.*, ${workspaceId} || g as name, g as n, assistant % 7 * 40 + g % 40 as number,
        '+1500' || lpad((assistant % 7 * 40 + g % 40)::text, 7, '0') as ours,
        timestamptz '2026-11-01' - (${calls}::bigint - g / 3 * 3) * interval '365 days' / ${calls}::bigint
          as at,
        -- One assistant in four only places calls.
        case when assistant % 4 = 3 or g % 9 = 0 then 'outbound' else 'inbound' end as direction,
        case
          when g > ${calls}::bigint - 40 then (array['answered', 'answered', 'ringing', 'queued'])[g % 4 + 1]
          when g % 5003 = 0 then (array['created', 'queued', 'ringing', 'answered'])[g % 4 + 1]
          else 'ended'
        end as status,
        chance not between 0.90 and 0.98 as heard,
        case
          when chance < 0.70 then 'caller-hung-up' when chance < 0.86 then 'assistant-ended'
          when chance < 0.90 then 'end-phrase' when chance < 0.95 then 'no-answer'
          when chance < 0.97 then 'busy' when chance < 0.98 then 'failed'
          when chance < 0.99 then 'silence' when chance < 0.999 then 'max-duration'
          else 'models-failed'
        end as reason
      from (
        select g, random() as chance,
          floor(${assistants}::integer * power(random(), 3))::integer as assistant,
          '+1415' || lpad(floor(${customers}::integer * power(random(), 2))::integer::text, 7, '0')
            as customer
        from generate_series(${first}::bigint, ${last}::bigint) as g
      ) as drawn
    ) as made`.execute(owner);
}
