/** `voca webhooks`: the endpoints to which events are sent. */
import type { Command } from 'commander';
import { CallRequestError } from '../../call-errors.ts';
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import { countOf, json, pairs, withExamples, withJson, withList, wholeOf } from './api-io.ts';
import type { ApiIo, JsonOption, ListOptions } from './api-io.ts';
import { eachOf } from './each-of.ts';
import { fieldsText } from './show-fields.ts';
import { showList } from './show-list.ts';
import { addDeliveries } from './webhook-deliveries.ts';
import { endpointForm, freshEndpointForm, statusText } from './webhook-forms.ts';

const ENDPOINT = 'its id, such as we_0V…';
const NONE = 'none';

interface Content {
  events?: string;
  description?: string;
  rate?: number;
  metadata?: Record<string, string>;
}

/** @returns the command. */
export function addWebhooks(program: Command, io: ApiIo): Command {
  const webhooks = program
    .command('webhooks')
    .description('the endpoints to which events are sent, and what became of each');
  addReading(webhooks, io);
  addCreate(webhooks, io);
  addUpdate(webhooks, io);
  addRoll(webhooks, io);
  withJson(webhooks.command('delete'))
    .description('delete endpoints: what waits to be sent to them is not sent any more')
    .argument('<endpoints...>', 'their ids')
    .action(async (ids: string[], options: JsonOption) => {
      const api = await io.api();
      await eachOf(io, ids, options, 'is deleted', async (id) => {
        await api.delete(pathTo`/webhook-endpoints/${id}`);
      });
    });
  addDeliveries(webhooks, io);
  return webhooks;
}

function addReading(webhooks: Command, io: ApiIo): void {
  withList(webhooks.command('list'))
    .description('list endpoints, the newest first')
    .action((options: ListOptions) =>
      showList(io, options, {
        path: '/webhook-endpoints',
        row: endpointForm,
        heading: ['ENDPOINT', 'URL', 'EVENTS', 'STATUS', 'FAILURES'],
        cells: (each) => [
          each.id,
          each.url,
          each.events.join(', '),
          statusText(each),
          each.failures,
        ],
        none: 'No endpoints. Make one with `voca webhooks create`.',
      }),
    );
  withJson(webhooks.command('show'))
    .description('show an endpoint, without its secret')
    .argument('<endpoint>', ENDPOINT)
    .action(async (id: string, options: JsonOption) => {
      const { body } = await (await io.api()).get(pathTo`/webhook-endpoints/${id}`);
      io.out(options.json ? json(body) : fieldsText(body));
    });
}

function addCreate(webhooks: Command, io: ApiIo): void {
  withExamples(
    withContent(webhooks.command('create'))
      .description('make an endpoint; prints the secret that signs what is sent, this once')
      .argument('<url>', 'https, and public')
      .option('--idempotency-key <text>', 'two commands with the same one make one endpoint')
      .action(async (url: string, options: Content & JsonOption & { idempotencyKey?: string }) => {
        const { idempotencyKey } = options;
        const content = { url, ...contentOf({ events: '*', ...options }) };
        const { body } = await (
          await io.api()
        ).post('/webhook-endpoints', content, { ...(idempotencyKey && { idempotencyKey }) });
        showFresh(io, body, options);
      }),
    "voca webhooks create https://example.com/voca --events 'call.*,session.ended'",
    'SECRET=$(voca webhooks create https://example.com/voca)',
  );
}

function addUpdate(webhooks: Command, io: ApiIo): void {
  withExamples(
    withContent(webhooks.command('update'))
      .description('change an endpoint; what is left out stays')
      .argument('<endpoint>', ENDPOINT)
      .option('--url <url>', 'where events are sent')
      .option('--enable', 'send it events again; `recover` sends what it missed')
      .option('--disable', 'send it nothing more; what waits fails')
      .action(async (id: string, options: UpdateOptions) => {
        const changes = changesOf(options);
        if (Object.keys(changes).length === 0) throw new CallRequestError('Say what to change.');
        const path = pathTo`/webhook-endpoints/${id}`;
        const { body } = await (await io.api()).patch(path, changes);
        if (options.json) return io.out(json(body));
        const changed = understand(endpointForm, body);
        io.out(`${changed.id} is ${statusText(changed)}: ${changed.events.join(', ')}`);
      }),
    'voca webhooks update we_0VPc… --events call.ended --rate 10',
    'voca webhooks update we_0VPc… --enable',
  );
}

function addRoll(webhooks: Command, io: ApiIo): void {
  withExamples(
    withJson(webhooks.command('roll'))
      .description('make a new secret; the old one signs, too, for a while')
      .argument('<endpoint>', ENDPOINT)
      .option('--overlap <seconds>', 'how long both sign; left out for a day', wholeOf)
      .action(async (id: string, options: JsonOption & { overlap?: number }) => {
        const { overlap } = options;
        const { body } = await (
          await io.api()
        ).post(pathTo`/webhook-endpoints/${id}/roll-secret`, {
          ...(overlap !== undefined && { overlap_seconds: overlap }),
        });
        showFresh(io, body, options);
      }),
    'voca webhooks roll we_0VPc… --overlap 3600',
  );
}

interface UpdateOptions extends Content, JsonOption {
  url?: string;
  enable?: boolean;
  disable?: boolean;
}

function changesOf({ url, enable, disable, ...content }: UpdateOptions): object {
  if (enable && disable) throw new CallRequestError('Say --enable or --disable, not both.');
  return {
    ...(url !== undefined && { url }),
    ...contentOf(content),
    ...(enable && { status: 'enabled' }),
    ...(disable && { status: 'disabled' }),
  };
}

function contentOf({ events, description, rate, metadata }: Content): object {
  return {
    ...(events !== undefined && { events: events.split(',').map((each) => each.trim()) }),
    ...(description !== undefined && { description: description === NONE ? null : description }),
    ...(rate !== undefined && { max_per_second: rate }),
    ...(metadata && { metadata }),
  };
}

function withContent(command: Command): Command {
  return withJson(command)
    .option('--events <types>', 'what it wants, with commas between: call.*,session.ended; or *')
    .option('--description <text>', `what it is for, or ${NONE}`)
    .option('--rate <n>', 'how many events in a second at most', countOf)
    .option('--metadata <name=value>', 'a note of your own; may come several times', pairs);
}

/** The secret alone is the result, so that a script can take it. */
function showFresh(io: ApiIo, body: unknown, options: JsonOption): void {
  if (options.json) return io.out(json(body));
  const { id, secret } = understand(freshEndpointForm, body);
  io.error(`${id}: keep its secret, it is shown this once.`);
  io.out(secret);
}
