/** `voca numbers`: the telephone numbers of the workspace, and who answers them. */
import type { Command } from 'commander';
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import { oneLine } from '../format.ts';
import { json, withExamples, withJson, withList } from './api-io.ts';
import type { ApiIo, JsonOption, ListOptions } from './api-io.ts';
import { eachOf } from './each-of.ts';
import { addNumbersAtCarrier } from './numbers-at-carrier.ts';
import { numberForm, numberId, webhookLines } from './number-forms.ts';
import { fieldsText } from './show-fields.ts';
import { showList } from './show-list.ts';

const NUMBER = 'in E.164 form, or its id pn_…';
const NOBODY = 'none';

export function addNumbers(program: Command, io: ApiIo): void {
  const numbers = program
    .command('numbers')
    .description('the telephone numbers of the workspace, and who answers them');
  addReading(numbers, io);
  addNumbersAtCarrier(numbers, io);
  addChanges(numbers, io);
  withJson(numbers.command('delete'))
    .description('give numbers up; the Twilio account keeps them')
    .argument('<numbers...>', NUMBER)
    .option('--release-webhook', 'take our URLs away at Twilio, too')
    .action(async (given: string[], options: JsonOption & { releaseWebhook?: boolean }) => {
      const api = await io.api();
      const query = options.releaseWebhook ? { release_webhook: 'true' } : {};
      await eachOf(io, given, options, 'is given up', async (each) => {
        await api.delete(pathTo`/phone-numbers/${await numberId(api, each)}`, query);
      });
    });
}

function addReading(numbers: Command, io: ApiIo): void {
  withList(numbers.command('list'))
    .description('list the numbers of the workspace, the newest first')
    .option('--assistant <id>', 'those that it answers')
    .action(({ assistant, ...options }: ListOptions & { assistant?: string }) =>
      showList(io, options, {
        path: '/phone-numbers',
        query: { assistant_id: assistant },
        row: numberForm,
        heading: ['ID', 'NUMBER', 'ASSISTANT', 'LABEL', 'AT TWILIO'],
        cells: (each) => [each.id, each.number, each.assistant_id, each.label, each.webhook.status],
        none: 'No numbers. See `voca numbers importable`.',
      }),
    );
  withJson(numbers.command('show'))
    .description('show a number, and what Twilio does with its calls')
    .argument('<number>', NUMBER)
    .action(async (given: string, options: JsonOption) => {
      const api = await io.api();
      const { body } = await api.get(pathTo`/phone-numbers/${await numberId(api, given)}`);
      if (options.json) return io.out(json(body));
      const { webhook } = understand(numberForm, body);
      io.out([fieldsText(body), ...webhookLines(webhook)].join('\n'));
    });
}

function addChanges(numbers: Command, io: ApiIo): void {
  const change = async (given: string, body: object, options: JsonOption) => {
    const api = await io.api();
    const answer = await api.patch(pathTo`/phone-numbers/${await numberId(api, given)}`, body);
    if (options.json) return io.out(json(answer.body));
    const { number, assistant_id: assistant, label } = understand(numberForm, answer.body);
    const named = label === null ? '' : ` (${oneLine(label)})`;
    io.out(`${number}${named} is answered by ${assistant ?? 'nobody'}.`);
  };
  withExamples(
    withJson(numbers.command('route'))
      .description('let an assistant answer a number; calls under way go on')
      .argument('<number>', NUMBER)
      .argument('<assistant>', `its id, or ${NOBODY}`)
      .action((given: string, assistant: string, options: JsonOption) =>
        change(given, { assistant_id: assistant === NOBODY ? null : assistant }, options),
      ),
    'voca numbers route +14155550100 asst_0VPc…',
    'voca numbers route +14155550100 none',
  );
  withJson(numbers.command('label'))
    .description('call a number something')
    .argument('<number>', NUMBER)
    .argument('<label>', `what to call it, or ${NOBODY}`)
    .action((given: string, label: string, options: JsonOption) =>
      change(given, { label: label === NOBODY ? null : label }, options),
    );
}
