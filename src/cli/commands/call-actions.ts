/** `voca calls create|end`: places and ends calls over the API. */
import type { Command } from 'commander';
import { CallRequestError } from '../../call-errors.ts';
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import { EXIT } from '../exit-codes.ts';
import { json, pairs, withExamples, withJson } from './api-io.ts';
import type { ApiIo, JsonOption } from './api-io.ts';
import { callForm } from './call-forms.ts';
import { headLines } from './call-text.ts';
import { eachOf } from './each-of.ts';

/** A worker and its models are waited for, and then the carrier. */
const PLACE_MS = 90_000;
const END_MS = 30_000;

export function addCallActions(calls: Command, io: ApiIo): void {
  addCreate(calls, io);
  addEnd(calls, io);
}

interface CreateOptions extends JsonOption {
  assistant?: string;
  from?: string;
  var?: Record<string, string>;
  metadata?: Record<string, string>;
  idempotencyKey?: string;
}

function addCreate(calls: Command, io: ApiIo): void {
  withExamples(
    withJson(calls.command('create'))
      .description('place a call, once: a command that is cut off may be repeated with its key')
      .argument('<to>', 'whom to call, in E.164 form such as +14155550100')
      .option('--assistant <id>', 'who speaks; left out for the one of our number')
      .option('--from <number>', 'a number of the workspace, in E.164 form')
      .option('--var <name=value>', "fills {{name}} in the assistant's texts; several times", pairs)
      .option('--metadata <name=value>', 'a note of your own; several times', pairs)
      .option('--idempotency-key <text>', 'two commands with the same one place one call')
      .action(async (to: string, options: CreateOptions) => {
        const { assistant, from, var: variables, metadata, idempotencyKey } = options;
        const api = await io.api();
        const { body } = await api.post(
          '/calls',
          {
            to,
            ...(assistant !== undefined && { assistant_id: assistant }),
            ...(from !== undefined && { from }),
            ...(variables && { variables }),
            ...(metadata && { metadata }),
          },
          { timeoutMs: PLACE_MS, ...(idempotencyKey !== undefined && { idempotencyKey }) },
        );
        const call = understand(callForm, body);
        io.out(options.json ? json(body) : headLines(call).join('\n'));
        if (call.dial !== 'accepted') io.fail(EXIT.failed);
      }),
    'voca calls create +14155550100 --assistant asst_0VPc… --var name=Ada --metadata order=17',
    'voca calls create +14155550100 --idempotency-key reminder-17   # at most once, however often',
  );
}

interface EndOptions extends JsonOption {
  all?: boolean;
  say?: string;
}

function addEnd(calls: Command, io: ApiIo): void {
  withExamples(
    withJson(calls.command('end'))
      .description('end calls in order; one that is over already is a success')
      .argument('[calls...]', 'their ids')
      .option('--all', 'every call of the workspace that is not over')
      .option('--say <words>', 'said before a call ends')
      .action(async (ids: string[], options: EndOptions) => {
        if ((ids.length === 0) === !options.all) {
          throw new CallRequestError('Name the calls to end, or give --all.');
        }
        const said = options.say === undefined ? {} : { say: options.say };
        const api = await io.api();
        if (options.all) {
          const { body } = await api.post(
            '/calls/end-all',
            { confirm: true, ...said },
            { timeoutMs: PLACE_MS },
          );
          return io.out(json(body));
        }
        await eachOf(io, ids, options, 'is ended', async (id) => {
          await api.post(pathTo`/calls/${id}/end`, said, { timeoutMs: END_MS });
        });
      }),
    'voca calls end call_0VPc… --say "We are closing now. Goodbye."',
    'voca calls end --all',
  );
}
