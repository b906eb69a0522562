/** The commands that need no API key, since they are run on the machine itself. */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { CallRequestError } from '../call-errors.ts';
import type { AccountsHere, KeyRequest, MadeKey, StoredWorkspace } from '../accounts-here.ts';
import type { KeyMode } from '../api-key.ts';
import { SCOPES } from '../api-scopes.ts';
import type { ApiScope } from '../api-scopes.ts';
import { BUDGETS } from '../request-limits.ts';
import type { Allowance, LimitOwner, Limits } from '../request-limits.ts';

/** Makes a key over the API in place of here. */
type CreateRemotely = (
  wanted: Omit<KeyRequest, 'workspaceId'> & { json?: boolean },
) => Promise<void>;

export interface LocalIo {
  /** The result, and nothing else. */
  out(text: string): void;
  /** What a person should know beside it. */
  error(text: string): void;
  /** Finds the database when a command needs it. */
  accounts(): AccountsHere;
}

interface KeyOptions {
  workspace?: string;
  name: string;
  scopes: ApiScope[];
  mode: KeyMode;
  expiresInDays?: number;
  remote?: boolean;
  json?: boolean;
}

const MAX_DAYS = 36_500;
const HERE = '; on this machine, without a key';

/** @returns the command `keys`, which has `create`. */
export function addLocal(program: Command, io: LocalIo, remotely: CreateRemotely): Command {
  program
    .command('migrate')
    .description(`bring the tables of the database up to date${HERE}`)
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const migrations = await io.accounts().migrate();
      if (json) return io.out(JSON.stringify({ migrations }, null, 2));
      io.out(migrations.length === 0 ? 'Up to date.' : migrations.join('\n'));
    });
  addWorkspaces(program, io);
  const keys = program.command('keys').description('who may ask the API, and what');
  addKeyCreate(keys, io, remotely);
  return keys;
}

function addWorkspaces(program: Command, io: LocalIo): void {
  const workspaces = program
    .command('workspaces')
    .description(`make and list workspaces${HERE}; what is in one is seen by nobody in another`);
  workspaces
    .command('create')
    .description('make a workspace, and print its id')
    .argument('<name>', 'for people', nameOf)
    .option('--json', 'for programs')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const made = await io.accounts().createWorkspace(name);
      io.out(json ? JSON.stringify(workspaceOf(made), null, 2) : made.id);
      if (!json) io.error(`Its first key: voca keys create --workspace ${made.id}`);
    });
  addLimits(workspaces, io);
  workspaces
    .command('list')
    .description('list the workspaces, the oldest first')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const all = await io.accounts().listWorkspaces();
      const lines = all.map(({ id, name, createdAt }) => `${id}  ${createdAt}  ${name}`);
      io.out(json ? JSON.stringify(all.map(workspaceOf), null, 2) : lines.join('\n'));
    });
}

interface LimitOptions extends Partial<Allowance> {
  of: LimitOwner;
  json?: boolean;
}

function addLimits(workspaces: Command, io: LocalIo): void {
  workspaces
    .command('limits')
    .description('show how many requests a minute are allowed, after changing what is given')
    .argument('<workspace>', 'its id, such as ws_default')
    .addOption(
      new Option('--of <whom>', 'each key, or all keys of the workspace together')
        .choices(['key', 'workspace'])
        .default('key'),
    )
    .option('--reads <n>', 'requests that change nothing', perMinuteOf)
    .option('--writes <n>', 'requests that change something', perMinuteOf)
    .option('--dials <n>', 'calls that are placed', perMinuteOf)
    .option('--json', 'for programs')
    .action(async (id: string, { of: owner, json, ...to }: LimitOptions) => {
      const change = Object.keys(to).length > 0 ? { owner, to } : undefined;
      const limits = await io.accounts().limits(id, change);
      io.out(json ? JSON.stringify(limits, null, 2) : limitsText(limits));
    });
}

function limitsText({ key, workspace }: Limits): string {
  const text = (each: Allowance) => BUDGETS.map((kind) => `${each[kind]} ${kind}`).join(', ');
  return `each key:  ${text(key)} a minute\nall keys:  ${text(workspace)} a minute`;
}

function addKeyCreate(keys: Command, io: LocalIo, remotely: CreateRemotely): void {
  keys
    .command('create')
    .description(`make an API key, and print it this once${HERE} or with --remote over the API`)
    .option('--workspace <id>', 'whose key it is; left out for the first workspace')
    .option('--name <name>', 'for people', nameOf, 'made on the machine')
    .option('--scopes <list>', `what it may do, of ${SCOPES.join(', ')}`, scopesOf, ['admin'])
    .addOption(
      new Option('--mode <mode>', 'test: for a simulated carrier only')
        .choices(['live', 'test'])
        .default('live'),
    )
    .option('--expires-in-days <n>', 'left out: it never expires', daysOf)
    .option('--remote', 'over the API, with the key in VOCA_API_KEY: in its own workspace')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nExamples:\n  export VOCA_API_KEY=$(voca keys create)\n' +
        '  voca keys create --remote --name Robot --scopes calls:read,calls:write --expires-in-days 30',
    )
    .action(async ({ workspace, json, remote, ...rest }: KeyOptions) => {
      if (remote) {
        if (workspace === undefined) return remotely({ ...rest, ...(json && { json }) });
        throw new CallRequestError('Over the API a key is made in the workspace of VOCA_API_KEY.');
      }
      const request: KeyRequest = { ...rest, ...(workspace && { workspaceId: workspace }) };
      const made = await io.accounts().createKey(request);
      if (json) return io.out(JSON.stringify(keyOf(made), null, 2));
      io.out(made.key);
      io.error(aboutKey(made));
    });
}

/** As the API would write it. */
function keyOf({ workspaceId, expiresAt, ...same }: MadeKey) {
  return { object: 'api_key', ...same, workspace_id: workspaceId, expires_at: expiresAt };
}

function workspaceOf({ id, name, createdAt }: StoredWorkspace) {
  return { object: 'workspace', id, name, created_at: createdAt };
}

/** Without the key: what is not the result may end up in a log. */
function aboutKey({ id, workspaceId, expiresAt }: MadeKey): string {
  const end = expiresAt === null ? 'it never expires' : `it expires at ${expiresAt}`;
  return (
    `${id} of ${workspaceId}; ${end}. Keep it, it is shown this once.\n` +
    'To use it: export VOCA_API_KEY=… with the key in place of the dots.'
  );
}

function scopesOf(text: string): ApiScope[] {
  const named = [...new Set(text.split(',').map((each) => each.trim()))];
  const scopes = SCOPES.filter((scope) => named.includes(scope));
  if (scopes.length === named.length) return scopes;
  throw new InvalidArgumentError('It must be a list of scopes, such as calls:read,calls:write.');
}

function perMinuteOf(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of requests.');
}

function daysOf(text: string): number {
  const days = Number(text);
  if (/^\d{1,5}$/.test(text) && days >= 1 && days <= MAX_DAYS) return days;
  throw new InvalidArgumentError(`It must be a number of days from 1 to ${MAX_DAYS}.`);
}

function nameOf(text: string): string {
  if (/^[^\p{Cc}\p{Cs}]{1,100}$/u.test(text) && text.trim() !== '') return text;
  throw new InvalidArgumentError('It must be a line of 1 to 100 characters.');
}
