/** `voca numbers importable|import|check|configure`: what has to do with Twilio's own view of numbers. */
import type { Command } from 'commander';
import { z } from 'zod';
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit-codes.ts';
import { json, withExamples, withJson, withList } from './api-io.ts';
import type { ApiIo, JsonOption, ListOptions } from './api-io.ts';
import { numberForm, numberId, webhookLines } from './number-forms.ts';
import { showList } from './show-list.ts';

/** Twilio is asked in between, perhaps more than once. */
const CARRIER_MS = 45_000;

const importable = z.looseObject({
  number: z.string(),
  label: z.string(),
  leads_here: z.boolean(),
});

export function addNumbersAtCarrier(numbers: Command, io: ApiIo): void {
  withList(numbers.command('importable'))
    .description('list numbers of the Twilio account that no workspace has; needs the scope admin')
    .action((options: ListOptions) =>
      showList(io, options, {
        path: '/phone-numbers/importable',
        row: importable,
        heading: ['NUMBER', 'LABEL', 'LEADS HERE'],
        cells: (each) => [each.number, each.label, each.leads_here ? 'yes' : 'no'],
        none: 'The Twilio account has no other numbers that take calls.',
      }),
    );
  addImport(numbers, io);
  const looks = [
    ['check', 'look now what Twilio does with calls to a number; 1 unless they come here'],
    ['configure', 'set our URLs at Twilio, so that calls to a number come here'],
  ] as const;
  for (const [name, about] of looks) {
    withJson(numbers.command(name))
      .description(about)
      .argument('<number>', 'in E.164 form, or its id pn_…')
      .action(async (given: string, options: JsonOption) => {
        const api = await io.api();
        const path = `${pathTo`/phone-numbers/${await numberId(api, given)}`}/${name}`;
        show(io, await ask(api, path), options);
      });
  }
}

interface ImportOptions extends JsonOption {
  assistant?: string;
  label?: string;
  configure: boolean;
}

function addImport(numbers: Command, io: ApiIo): void {
  withExamples(
    withJson(numbers.command('import'))
      .description('take on a number that the Twilio account has, and bring its calls here')
      .argument('<number>', 'in E.164 form')
      .option('--assistant <id>', 'who answers')
      .option('--label <text>', 'what to call it')
      .option('--no-configure', 'change nothing at Twilio, only look')
      .action(async (number: string, options: ImportOptions) => {
        const { assistant, label, configure } = options;
        const order = {
          number,
          ...(assistant !== undefined && { assistant_id: assistant }),
          ...(label !== undefined && { label }),
          configure,
        };
        show(io, await ask(await io.api(), '/phone-numbers', order), options);
      }),
    'voca numbers import +14155550100 --assistant asst_0VPc… --label "Front desk"',
  );
}

async function ask(api: ApiClient, path: string, order?: object): Promise<unknown> {
  return (await api.post(path, order, { timeoutMs: CARRIER_MS })).body;
}

/** Fails when calls do not come here though they should. */
function show(io: ApiIo, body: unknown, options: JsonOption & { configure?: boolean }): void {
  const { id, number, assistant_id: assistant, webhook } = understand(numberForm, body);
  const leads = webhook.status === 'ok' ? 'come here' : `do not come here (${webhook.status})`;
  const head = `${id}  ${number}  answered by ${assistant ?? 'nobody'}; its calls ${leads}`;
  io.out(options.json ? json(body) : [head, ...webhookLines(webhook)].join('\n'));
  if (webhook.status !== 'ok' && options.configure !== false) io.fail(EXIT.failed);
}
