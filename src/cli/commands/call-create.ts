/** `voca calls create`: places a call over the API. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { understand } from '../api-answer.ts';
import type { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit-codes.ts';
import { json, pairs, withExamples, withJson } from './api-io.ts';
import type { ApiIo, JsonOption } from './api-io.ts';
import { callForm } from './call-forms.ts';
import { headLines } from './call-text.ts';

/** A worker and its models are waited for, and then the carrier. */
const PLACE_MS = 90_000;
/** So often an unclear outcome is looked into, with a pause between. */
const LOOKS = 5;
const LOOK_AGAIN_MS = 1_000;

interface CreateOptions extends JsonOption {
  assistant?: string;
  from?: string;
  var?: Record<string, string>;
  metadata?: Record<string, string>;
  idempotencyKey?: string;
}

export function addCallCreate(calls: Command, io: ApiIo): void {
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
        const order = {
          to,
          ...(assistant !== undefined && { assistant_id: assistant }),
          ...(from !== undefined && { from }),
          ...(variables && { variables }),
          ...(metadata && { metadata }),
        };
        const body = await place(await io.api(), order, idempotencyKey ?? randomUUID());
        const call = understand(callForm, body);
        io.out(options.json ? json(body) : headLines(call).join('\n'));
        if (call.dial !== 'accepted') io.fail(EXIT.failed);
      }),
    'voca calls create +14155550100 --assistant asst_0VPc… --var name=Ada --metadata order=17',
    'voca calls create +14155550100 --idempotency-key reminder-17   # at most once, however often',
  );
}

/** 202 says that it is not known whether it was placed: the same key finds out, and places no second. */
async function place(api: ApiClient, order: object, idempotencyKey: string): Promise<unknown> {
  for (let looks = 1; ; looks += 1) {
    const { status, body } = await api.post('/calls', order, {
      idempotencyKey,
      timeoutMs: PLACE_MS,
    });
    if (status !== 202 || looks === LOOKS) return body;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
