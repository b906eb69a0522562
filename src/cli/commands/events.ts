/** `voca events list|listen`: what has happened, and what happens now. */
import type { Command } from 'commander';
import { newWebhookSecret } from '../../webhooks/signature.ts';
import { understand } from '../api-answer.ts';
import { followEvents } from '../follow-events.ts';
import { oneLine } from '../format.ts';
import { checkForwardUrl, checkSecret, forwardEvent } from '../forward-event.ts';
import type { Forwarded, Forwarding } from '../forward-event.ts';
import { withExamples, withJson, withList } from './api-io.ts';
import type { ApiIo, JsonOption, ListOptions } from './api-io.ts';
import { eventForm } from './event-forms.ts';
import type { EventForm } from './event-forms.ts';
import { showList } from './show-list.ts';

interface Filters extends ListOptions {
  type?: string;
  call?: string;
  since?: string;
  before?: string;
}

interface ListenOptions extends JsonOption {
  forwardTo?: string;
  secret?: string;
  types?: string;
  after?: string;
}

const FIRST_PATIENCE_MS = 20_000;

/** @returns the command. */
export function addEvents(program: Command, io: ApiIo): Command {
  const events = program.command('events').description('what has happened, and what happens now');
  addList(events, io);
  addListen(events, io);
  return events;
}

function addList(events: Command, io: ApiIo): void {
  withExamples(
    withList(events.command('list'))
      .description('list events, the newest first; they are kept for 30 days')
      .option('--type <type>', 'such as call.ended')
      .option('--call <id>', 'of one call')
      .option('--since <time>', 'written then or later, in RFC 3339')
      .option('--before <time>', 'written before then, in RFC 3339')
      .action(({ type, call, since, before, ...options }: Filters) =>
        showList(io, options, {
          path: '/events',
          query: { type, call_id: call, 'created_at[gte]': since, 'created_at[lt]': before },
          row: eventForm,
          heading: ['EVENT', 'TYPE', 'TIME', 'SEQUENCE'],
          cells: (each) => [each.id, each.type, each.timestamp, each.sequence],
          none: 'No events.',
        }),
      ),
    'voca events list --type call.ended --limit 5',
    'voca events list --call call_0VPc… --all --json',
  );
}

function addListen(events: Command, io: ApiIo): void {
  withExamples(
    withJson(events.command('listen'))
      .description('print events as they happen, and forward them to a server of your own')
      .option('--forward-to <url>', 'where each is sent by POST, signed as webhooks are')
      .option('--secret <secret>', 'signs them; left out: a fresh one, which is printed')
      .option('--types <types>', 'only these, with commas between them: call.*,session.ended')
      .option('--after <event>', 'what came after this one, too; left out: it begins now')
      .action((options: ListenOptions) => listen(io, options)),
    'voca events listen --forward-to http://localhost:3000/hook',
    "voca events listen --types 'call.*' --json",
  );
}

/** Goes on until it is interrupted. */
async function listen(io: ApiIo, options: ListenOptions): Promise<void> {
  const forwarding = forwardingOf(io, options);
  const events = followEvents(await io.api(), '/events/stream', {
    query: { types: options.types, after: options.after },
    patienceMs: [FIRST_PATIENCE_MS, Infinity],
    complain: (text) => io.error(text),
  });
  for await (const { id, data } of events) {
    const event = understand(eventForm, JSON.parse(data));
    if (!forwarding) {
      io.out(options.json ? data : lineOf(event));
      continue;
    }
    const outcome = await forwardEvent(id, data, forwarding);
    if (options.json) {
      const { type, timestamp } = event;
      io.out(JSON.stringify({ id, type, timestamp, ...outcome }));
    } else io.out(lineOf(event, outcome));
    if (outcome.failure !== undefined) io.error(`Passed over: ${id} reached nobody.`);
  }
}

function forwardingOf(io: ApiIo, { forwardTo, secret }: ListenOptions): Forwarding | undefined {
  if (forwardTo === undefined) return undefined;
  const url = checkForwardUrl(forwardTo);
  const used = secret === undefined ? newWebhookSecret() : checkSecret(secret);
  if (secret === undefined) io.error(`Signed with ${used}`);
  return {
    url,
    secret: used,
    retrying: (code) => io.error(`Your server does not answer (${code}); trying again ...`),
  };
}

function lineOf({ timestamp, type, id }: EventForm, outcome?: Forwarded): string {
  const cells = [timestamp, type, id];
  if (outcome) cells.push(String(outcome.status ?? outcome.failure), `${outcome.ms} ms`);
  return cells.map(oneLine).join('  ');
}
