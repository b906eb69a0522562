/** `voca calls end`: ends calls over the API. */
import type { Command } from 'commander';
import { z } from 'zod';
import { CallRequestError } from '../../call-errors.ts';
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import { EXIT } from '../exit-codes.ts';
import { json, withExamples, withJson } from './api-io.ts';
import type { ApiIo, JsonOption } from './api-io.ts';
import { eachOf } from './each-of.ts';

const END_MS = 30_000;
const END_ALL_MS = 90_000;

const ended = z.looseObject({ result: z.string() });
const endedAll = z.looseObject({
  failed: z.number(),
  results: z.array(z.looseObject({ id: z.string(), result: z.string() })),
});

const WORDS: Record<string, string> = {
  ended: 'is ended',
  'was-over': 'was over already',
  failed: 'may not have ended: Temporal or its workers did not answer',
};

interface EndOptions extends JsonOption {
  all?: boolean;
  assistant?: string;
  number?: string;
  direction?: string;
  say?: string;
}

export function addCallEnd(calls: Command, io: ApiIo): void {
  withExamples(
    withJson(calls.command('end'))
      .description('end calls in order; one that is over already is a success')
      .argument('[calls...]', 'their ids')
      .option('--all', 'every call of the workspace that is not over')
      .option('--assistant <id>', 'in place of ids: those in which it speaks')
      .option('--number <id>', 'in place of ids: those on this number of ours, pn_…')
      .option('--direction <direction>', 'in place of ids: inbound or outbound')
      .option('--say <words>', 'said before a call ends')
      .action(async (ids: string[], options: EndOptions) => {
        const { assistant, number, direction } = options;
        const filter = {
          ...(assistant !== undefined && { assistant_id: assistant }),
          ...(number !== undefined && { phone_number_id: number }),
          ...(direction !== undefined && { direction }),
        };
        const hasFilter = Object.keys(filter).length > 0;
        if ([ids.length > 0, options.all === true, hasFilter].filter(Boolean).length !== 1) {
          throw new CallRequestError('Name the calls to end, or give --all, or a filter.');
        }
        if (ids.length > 0) return endEach(io, ids, options);
        return endAll(io, options.all ? { confirm: true } : { filter }, options);
      }),
    'voca calls end call_0VPc… --say "We are closing now. Goodbye."',
    'voca calls end --assistant asst_0VPc…',
    'voca calls end --all',
  );
}

async function endEach(io: ApiIo, ids: string[], options: EndOptions): Promise<void> {
  const api = await io.api();
  await eachOf(io, ids, options, 'is ended', async (id) => {
    const { body } = await api.post(pathTo`/calls/${id}/hangup`, saying(options), {
      timeoutMs: END_MS,
    });
    const { result } = understand(ended, body);
    return { result, word: WORDS[result] ?? result };
  });
}

async function endAll(io: ApiIo, which: object, options: EndOptions): Promise<void> {
  const { body } = await (
    await io.api()
  ).post('/calls/hangup-all', { ...which, ...saying(options) }, { timeoutMs: END_ALL_MS });
  const { results, failed } = understand(endedAll, body);
  const lines = results.map(({ id, result }) => `${id} ${WORDS[result] ?? result}.`);
  if (options.json) io.out(json(body));
  else io.out(lines.length === 0 ? 'No calls to end.' : lines.join('\n'));
  if (failed > 0) io.fail(EXIT.notReady);
}

function saying({ say }: EndOptions): { message?: string } {
  return say === undefined ? {} : { message: say };
}
