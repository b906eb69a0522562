/** `voca sessions`: what a customer and an assistant have said to each other over several calls. */
import type { Command } from 'commander';
import { z } from 'zod';
import { pathTo } from '../api-client.ts';
import { json, withExamples, withJson, withList } from './api-io.ts';
import type { ApiIo, JsonOption, ListOptions } from './api-io.ts';
import { eachOf } from './each-of.ts';
import { fieldsText } from './show-fields.ts';
import { showList } from './show-list.ts';

const session = z.looseObject({
  id: z.string(),
  status: z.string(),
  assistant_id: z.string(),
  customer_number: z.string().nullable(),
  call_count: z.number(),
  last_active_at: z.string(),
});

interface Filters extends ListOptions {
  assistant?: string;
  customer?: string;
  status?: string;
}

/** @returns the command. */
export function addSessions(program: Command, io: ApiIo): Command {
  const sessions = program
    .command('sessions')
    .description('what a customer and an assistant have said to each other over several calls');
  withExamples(
    withList(sessions.command('list'))
      .description('list sessions, the newest first')
      .option('--assistant <id>', 'with whom')
      .option('--customer <number>', 'whose, in E.164 form')
      .option('--status <status>', 'open or closed')
      .action(({ assistant, customer, status, ...options }: Filters) =>
        showList(io, options, {
          path: '/sessions',
          query: { assistant_id: assistant, customer_number: customer, status },
          row: session,
          heading: ['SESSION', 'STATUS', 'CUSTOMER', 'ASSISTANT', 'CALLS', 'LAST ACTIVE'],
          cells: (each) => [
            each.id,
            each.status,
            each.customer_number,
            each.assistant_id,
            each.call_count,
            each.last_active_at,
          ],
          none: 'No sessions.',
        }),
      ),
    'voca sessions list --customer +14155550100 --status open',
  );
  withJson(sessions.command('show'))
    .description('show a session and its summary; `voca calls list --session` has its calls')
    .argument('<session>', 'its id, such as sess_0V…')
    .action(async (id: string, options: JsonOption) => {
      const { body } = await (await io.api()).get(pathTo`/sessions/${id}`);
      io.out(options.json ? json(body) : fieldsText(body));
    });
  addActs(sessions, io);
  return sessions;
}

function addActs(sessions: Command, io: ApiIo): void {
  const acts = [
    ['close', 'is closed', 'close sessions: the next call begins a new one'],
    ['erase', 'is being erased', 'remove what was said in all calls of sessions, for good'],
  ] as const;
  for (const [name, word, about] of acts) {
    withJson(sessions.command(name))
      .description(about)
      .argument('<sessions...>', 'their ids')
      .action(async (ids: string[], options: JsonOption) => {
        const api = await io.api();
        await eachOf(io, ids, options, word, async (id) => {
          await api.post(`${pathTo`/sessions/${id}`}/${name}`);
        });
      });
  }
  withJson(sessions.command('delete'))
    .description('hide sessions; their calls stay, and the next call begins a new one')
    .argument('<sessions...>', 'their ids')
    .action(async (ids: string[], options: JsonOption) => {
      const api = await io.api();
      await eachOf(io, ids, options, 'is hidden', async (id) => {
        await api.delete(pathTo`/sessions/${id}`);
      });
    });
}
