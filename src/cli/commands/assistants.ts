/** `voca assistants`: who speaks in calls, and how. */
import type { Command } from 'commander';
import { z } from 'zod';
import { CallRequestError } from '../../call-errors.ts';
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { oneLine } from '../format.ts';
import { countOf, json, withExamples, withJson, withList } from './api-io.ts';
import type { ApiIo, JsonOption, ListOptions } from './api-io.ts';
import { draftOf, patchBetween } from './assistant-draft.ts';
import type { Draft, DraftOptions } from './assistant-draft.ts';
import { eachOf } from './each-of.ts';
import { fieldsText } from './show-fields.ts';
import { showList } from './show-list.ts';

const assistant = z.looseObject({
  id: z.string(),
  version: z.number(),
  name: z.string(),
  updated_at: z.string(),
});

interface ChangeOptions extends DraftOptions, JsonOption {
  file?: string;
  instructionsFile?: string;
}

export function addAssistants(program: Command, io: ApiIo): void {
  const assistants = program.command('assistants').description('who speaks in calls, and how');
  addReading(assistants, io);
  addCreate(assistants, io);
  addUpdate(assistants, io);
  withJson(assistants.command('delete'))
    .description('delete assistants; calls under way go on')
    .argument('<assistants...>', 'their ids')
    .action(async (ids: string[], options: JsonOption) => {
      const api = await io.api();
      await eachOf(io, ids, options, 'is deleted', async (id) => {
        await api.delete(pathTo`/assistants/${id}`);
      });
    });
}

function addReading(assistants: Command, io: ApiIo): void {
  withList(assistants.command('list'))
    .description('list assistants, the newest first')
    .action((options: ListOptions) =>
      showList(io, options, {
        path: '/assistants',
        row: assistant,
        heading: ['ASSISTANT', 'NAME', 'VERSION', 'CHANGED'],
        cells: ({ id, name, version, updated_at: changed }) => [id, name, version, changed],
        none: 'No assistants. Make one with `voca assistants create`.',
      }),
    );
  withExamples(
    withJson(assistants.command('show'))
      .description('show an assistant; fields have the names that --set takes')
      .argument('<assistant>', 'its id, such as asst_0V…')
      .option('--version <n>', 'as it was, such as when a call ran with it', countOf)
      .action(async (id: string, options: JsonOption & { version?: number }) => {
        const { version } = options;
        const path = pathTo`/assistants/${id}`;
        const { body } = await (
          await io.api()
        ).get(version === undefined ? path : `${path}/versions/${version}`);
        io.out(options.json ? json(body) : fieldsText(body));
      }),
    'voca assistants show asst_0VPc… --version 2',
    'voca assistants show asst_0VPc… --json > assistant.json',
  );
}

function addCreate(assistants: Command, io: ApiIo): void {
  withExamples(
    withContent(assistants.command('create'))
      .description('make an assistant; what is left out has a good default')
      .option('--idempotency-key <text>', 'two commands with the same one make one assistant')
      .action(async (options: ChangeOptions & { idempotencyKey?: string }) => {
        const { content } = await draftFrom(io, options);
        if (Object.keys(content).length === 0) {
          throw new CallRequestError('Say at least --name and --instructions, or give --file.');
        }
        const { idempotencyKey } = options;
        const { body } = await (
          await io.api()
        ).post('/assistants', content, { ...(idempotencyKey && { idempotencyKey }) });
        io.out(options.json ? json(body) : saved(body));
      }),
    'voca assistants create --name "Front desk" --first-message "Hello, this is Luigi\'s." \\',
    '    --instructions "You take table reservations." --set voice.language=en-GB',
    'voca assistants create --file assistant.json --name "A copy"',
    'voca assistants create --file - < assistant.json',
  );
}

function addUpdate(assistants: Command, io: ApiIo): void {
  withExamples(
    withContent(assistants.command('update'))
      .description('change an assistant; calls under way keep the version that they began with')
      .argument('<assistant>', 'its id, such as asst_0V…')
      .option('--if-version <n>', 'only if it is still this version', countOf)
      .action(async (id: string, options: ChangeOptions & { ifVersion?: number }) => {
        const draft = await draftFrom(io, options);
        if (Object.keys(draft.content).length === 0) {
          throw new CallRequestError('Say what to change, or give --file.');
        }
        const { body } = await update(await io.api(), id, draft, options.ifVersion);
        io.out(options.json ? json(body) : saved(body));
      }),
    'voca assistants update asst_0VPc… --first-message "Good evening." --set limits.max_turns=40',
    'voca assistants update asst_0VPc… --set metadata.team=blue --set variables.shop=null',
    'voca assistants show asst_0VPc… --json > a.json   # then edit it; what is taken out is gone',
    'voca assistants update asst_0VPc… --file a.json   # refused if it changed meanwhile',
  );
}

/** Of what was read; or of the version that the user read, in a file or by number. */
async function update(api: ApiClient, id: string, draft: Draft, ifVersion: number | undefined) {
  const path = pathTo`/assistants/${id}`;
  const read = ifVersion ?? draft.wholeOf;
  const known = read === undefined ? undefined : `"${read}"`;
  if (known !== undefined && draft.wholeOf === undefined) {
    return api.patch(path, draft.content, { ifMatch: known });
  }
  const { body, etag } = await api.get(path);
  const ifMatch = known ?? etag;
  const patch = draft.wholeOf === undefined ? draft.content : patchBetween(body, draft.content);
  return api.patch(path, patch, { ...(ifMatch !== undefined && { ifMatch }) });
}

function withContent(command: Command): Command {
  return withJson(command)
    .option('--file <path>', 'JSON; - reads the standard input')
    .option('--name <text>', 'what people call it')
    .option('--first-message <text>', 'said when the call is answered')
    .option('--instructions <text>', 'what the language model is told')
    .option('--instructions-file <path>', 'the same, out of a text file')
    .option(
      '--set <path=value>',
      'any field, such as voice.language=de-DE; several times',
      (text: string, before: string[] | undefined) => [...(before ?? []), text],
    );
}

async function draftFrom(io: ApiIo, options: ChangeOptions): Promise<Draft> {
  const { file, instructionsFile, instructions } = options;
  if (instructions !== undefined && instructionsFile !== undefined) {
    throw new CallRequestError('Give --instructions or --instructions-file, not both.');
  }
  const text = file === undefined ? undefined : await io.input(file);
  const told = instructionsFile === undefined ? instructions : await io.input(instructionsFile);
  return draftOf(text, { ...options, ...(told !== undefined && { instructions: told }) });
}

function saved(body: unknown): string {
  const { id, version, name } = understand(assistant, body);
  return `${id}  version ${version}  ${oneLine(name)}`;
}
