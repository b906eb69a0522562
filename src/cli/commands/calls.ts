/** `voca calls list|show|watch|delete|erase`: calls of the workspace, over the API. */
import type { Command } from 'commander';
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { NotReadyError } from '../../call-errors.ts';
import { json, withExamples, withJson, withList } from './api-io.ts';
import type { ApiIo, JsonOption, ListOptions } from './api-io.ts';
import { addCallCreate } from './call-create.ts';
import { addCallEnd } from './call-end.ts';
import { callForm, callWithTranscript } from './call-forms.ts';
import { transcriptText } from './call-text.ts';
import { eachOf } from './each-of.ts';
import { showList } from './show-list.ts';
import { watchCall } from './watch-call.ts';

const WATCH_PATIENCE_MS = 120_000;
const ERASE_MS = 120_000;
const LOOK_AGAIN_MS = 1_000;

/** @param calls the command that lists the open calls of this machine itself */
export function addCalls(calls: Command, io: ApiIo): void {
  addList(calls, io);
  withJson(calls.command('show'))
    .description('show a call with what was said')
    .argument('<call>', 'its id, such as call_0V…')
    .action(async (id: string, options: JsonOption) => {
      const { body } = await (await io.api()).get(pathTo`/calls/${id}`);
      io.out(options.json ? json(body) : transcriptText(understand(callWithTranscript, body)));
    });
  addWatch(calls, io);
  addCallCreate(calls, io);
  addCallEnd(calls, io);
  withJson(calls.command('delete'))
    .description('hide calls that are over; what was said in them stays until it is erased')
    .argument('<calls...>', 'their ids')
    .action(async (ids: string[], options: JsonOption) => {
      const api = await io.api();
      await eachOf(io, ids, options, 'is hidden', async (id) => {
        await api.delete(pathTo`/calls/${id}`);
      });
    });
  withJson(calls.command('erase'))
    .description('remove what was said in calls that are over, and their numbers, for good')
    .argument('<calls...>', 'their ids')
    .option('--wait', 'until it is done, half a minute or more')
    .action(async (ids: string[], options: JsonOption & { wait?: boolean }) => {
      const api = await io.api();
      const word = options.wait ? 'is erased' : 'is being erased';
      await eachOf(io, ids, options, word, async (id) => {
        await api.post(pathTo`/calls/${id}/erase`);
        if (options.wait) await untilErased(api, id);
      });
    });
}

/** Of an option: its name, how it is written, the API's word for it, and its help. */
const FILTERS = [
  ['status', '--status <status>', 'status', 'created, queued, ringing, answered or ended'],
  ['direction', '--direction <direction>', 'direction', 'inbound or outbound'],
  ['endReason', '--end-reason <reason>', 'end_reason', 'such as caller-hung-up'],
  ['assistant', '--assistant <id>', 'assistant_id', 'who spoke'],
  ['number', '--number <id>', 'phone_number_id', 'the number of ours, pn_…'],
  ['session', '--session <id>', 'session_id', 'the session it belongs to'],
  ['from', '--from <number>', 'from', 'who called, in E.164 form'],
  ['to', '--to <number>', 'to', 'who was called, in E.164 form'],
  ['callSid', '--call-sid <sid>', 'call_sid', "Twilio's id, CA…"],
  ['since', '--since <time>', 'created_at[gte]', 'created then or later, in RFC 3339'],
  ['before', '--before <time>', 'created_at[lt]', 'created before then, in RFC 3339'],
] as const;

function addList(calls: Command, io: ApiIo): void {
  const list = withList(calls.command('list')).description('list calls, the newest first');
  for (const [, flags, , about] of FILTERS) list.option(flags, about);
  list.action((options: ListOptions & Record<string, unknown>) =>
    showList(io, options, {
      path: '/calls',
      query: queryOf(list.opts()),
      row: callForm,
      heading: ['CALL', 'DIRECTION', 'STATUS', 'FROM', 'TO', 'CREATED', 'SECONDS'],
      cells: (call) => [
        call.id,
        call.direction,
        call.end_reason === null ? call.status : `${call.status} (${call.end_reason})`,
        call.from,
        call.to,
        call.created_at,
        call.duration_seconds,
      ],
      none: 'No calls.',
    }),
  );
  withExamples(
    list,
    'voca calls list --status ended --since 2026-03-01T00:00:00Z --all --json',
    'voca calls list --assistant asst_0VPc… --from +14155550100',
  );
}

function queryOf(options: Record<string, unknown>): Record<string, string> {
  const given = FILTERS.flatMap(([option, , name]) => {
    const value = options[option];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return Object.fromEntries(given);
}

function addWatch(calls: Command, io: ApiIo): void {
  withExamples(
    calls
      .command('watch')
      .description('follow a call event by event, from its beginning to its end')
      .argument('<call>', 'its id, such as call_0V…')
      .option('--json', 'for programs: one event a line')
      .action(async (id: string, options: JsonOption) =>
        watchCall(await io.api(), id, {
          patienceMs: WATCH_PATIENCE_MS,
          asJson: options.json ?? false,
          out: (line) => io.out(line),
          complain: (text) => io.error(text),
        }),
      ),
    'voca calls watch call_0VPc…',
    'voca calls watch call_0VPc… --json | grep \'"type":"call.turn.completed"\'',
  );
}

/** @throws {NotReadyError} when it is not done in time; it goes on. */
async function untilErased(api: ApiClient, id: string): Promise<void> {
  const end = performance.now() + ERASE_MS;
  for (;;) {
    const { body } = await api.get(pathTo`/calls/${id}`);
    if (understand(callForm, body).erased_at !== null) return;
    if (performance.now() > end) throw new NotReadyError('It is still being erased.');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
