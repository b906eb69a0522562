/** `voca webhooks test|recover|deliveries|delivery|retry`: what is sent to an endpoint. */
import type { Command } from 'commander';
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { EXIT } from '../exit-codes.ts';
import { json, withExamples, withJson, withList, wholeOf } from './api-io.ts';
import type { ApiIo, JsonOption, ListOptions } from './api-io.ts';
import { eachOf } from './each-of.ts';
import { showList } from './show-list.ts';
import { attemptsForm, deliveryForm, deliveryText, recoveryForm } from './webhook-forms.ts';

const ENDPOINT = 'its id, such as we_0V…';
const WAIT_SECONDS = 20;
const LOOK_MS = 250;
/** One request may make some ten thousand deliveries. */
const RECOVERY_MS = 60_000;

interface Filters extends ListOptions {
  status?: string;
  type?: string;
}

export function addDeliveries(webhooks: Command, io: ApiIo): void {
  addTest(webhooks, io);
  addRecover(webhooks, io);
  withExamples(
    withList(webhooks.command('deliveries'))
      .description('list what was, is or will be sent to an endpoint, the newest first')
      .argument('<endpoint>', ENDPOINT)
      .option('--status <status>', 'pending, retrying, succeeded or failed')
      .option('--type <type>', 'of the events, such as call.ended')
      .action((id: string, { status, type, ...options }: Filters) =>
        showList(io, options, {
          path: pathTo`/webhook-endpoints/${id}/deliveries`,
          query: { status, event_type: type },
          row: deliveryForm,
          heading: ['DELIVERY', 'EVENT', 'STATUS', 'ATTEMPTS', 'NEXT', 'CREATED'],
          cells: (each) => [
            each.id,
            each.event_type,
            each.status,
            each.attempt_count,
            each.next_attempt_at,
            each.created_at,
          ],
          none: 'No deliveries.',
        }),
      ),
    'voca webhooks deliveries we_0VPc… --status failed',
  );
  withJson(webhooks.command('delivery'))
    .description('show a delivery and its attempts')
    .argument('<delivery>', 'its id, such as dlv_0V…')
    .action(async (id: string, options: JsonOption) => {
      const { body } = await (await io.api()).get(pathTo`/deliveries/${id}`);
      io.out(options.json ? json(body) : deliveryText(body));
    });
  withJson(webhooks.command('retry'))
    .description('send deliveries again, at once, also those that have arrived')
    .argument('<deliveries...>', 'their ids')
    .action(async (ids: string[], options: JsonOption) => {
      const api = await io.api();
      await eachOf(io, ids, options, 'is sent again', async (id) => {
        await api.post(pathTo`/deliveries/${id}/retry`);
      });
    });
}

function addTest(webhooks: Command, io: ApiIo): void {
  withJson(webhooks.command('test'))
    .description('send an endpoint an event that means nothing; fails when it did not take it')
    .argument('<endpoint>', ENDPOINT)
    .option('--wait <seconds>', 'how long to wait for its answer', wholeOf, WAIT_SECONDS)
    .action(async (id: string, options: JsonOption & { wait: number }) => {
      const api = await io.api();
      const { body: sent } = await api.post(pathTo`/webhook-endpoints/${id}/test`);
      const body = await outcome(api, understand(deliveryForm, sent).id, options.wait * 1_000);
      io.out(options.json ? json(body) : deliveryText(body));
      const hasWaited = options.wait > 0;
      if (hasWaited && understand(attemptsForm, body).status !== 'succeeded') io.fail(EXIT.failed);
    });
}

/** The delivery once it was tried, or as it is after so long. */
async function outcome(api: ApiClient, id: string, withinMs: number): Promise<unknown> {
  const end = performance.now() + withinMs;
  for (;;) {
    const { body } = await api.get(pathTo`/deliveries/${id}`);
    const { status, attempt_count: attempts } = understand(attemptsForm, body);
    if (status !== 'pending' || attempts > 0 || performance.now() >= end) return body;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function addRecover(webhooks: Command, io: ApiIo): void {
  withExamples(
    withJson(webhooks.command('recover'))
      .description(
        'send an endpoint what it has missed: what failed, and what was never sent to it',
      )
      .argument('<endpoint>', ENDPOINT)
      .requiredOption('--since <time>', 'in RFC 3339; at most 30 days ago')
      .action(async (id: string, { since, ...options }: JsonOption & { since: string }) => {
        const deliveries = await recoverAll(await io.api(), id, since);
        if (options.json) return io.out(json({ object: 'recovery', id, deliveries }));
        io.out(`${deliveries} ${deliveries === 1 ? 'delivery' : 'deliveries'} will be sent.`);
      }),
    'voca webhooks recover we_0VPc… --since 2026-03-01T00:00:00Z',
  );
}

async function recoverAll(api: ApiClient, id: string, from: string): Promise<number> {
  let sum = 0;
  for (let since: string | null = from; since !== null;) {
    const path = pathTo`/webhook-endpoints/${id}/recover`;
    const { body } = await api.post(path, { since }, { timeoutMs: RECOVERY_MS });
    const { deliveries, next_since: next } = understand(recoveryForm, body);
    sum += deliveries;
    since = next;
  }
  return sum;
}
