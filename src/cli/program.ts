/** The `voca` command: its commands, options and exit codes. */
import { Command, CommanderError } from 'commander';
import type { CallManager } from '../call-manager.ts';
import { CallRequestError, checkNumber } from '../call-manager.ts';
import type { ApiClient } from './api-client.ts';
import type { ApiIo } from './commands/api-io.ts';
import { addAssistants } from './commands/assistants.ts';
import { addCalls } from './commands/calls.ts';
import { addKeys } from './commands/keys.ts';
import { addNumbers } from './commands/numbers.ts';
import { addSessions } from './commands/sessions.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { callTable, callText, hangUpText } from './format.ts';
import { addLocal } from './local-commands.ts';
import type { LocalIo } from './local-commands.ts';
import { addOperations } from './operations.ts';
import type { CliOperations } from './operations.ts';
import { addSealing } from './sealing-commands.ts';
import type { SealingIo } from './sealing-commands.ts';

/** What the commands need of the call manager. */
export type CliManager = Pick<
  CallManager,
  'makeCall' | 'listActive' | 'getCallStatus' | 'hangupCalls' | 'hangupAllCalls'
>;

/** `write`: numbers or words will be written into Temporal, which must seal them. */
export type ManagerUse = 'read' | 'write';

export interface CliIo extends SealingIo, LocalIo, Pick<ApiIo, 'input' | 'isTerminal'> {
  /** Signs in at the API when a command needs it. */
  api(): Promise<ApiClient>;
  /** Connects when a command needs it. */
  manager(use: ManagerUse): Promise<CliManager>;
  /** The same for commands of operators. */
  operations(): Promise<CliOperations>;
}

/** Runs one command line (without `node` and the script). @returns the exit code. */
export async function runCli(args: string[], io: CliIo): Promise<number> {
  let code: number = EXIT.ok;
  const program = buildProgram(io, (failed) => {
    code = failed;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    io.error(error instanceof Error ? error.message : 'failed');
    return exitCodeOf(error);
  }
}

function buildProgram(io: CliIo, fail: (code: number) => void): Command {
  const program = new Command('voca')
    .description('Places, shows and ends AI phone calls.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.error(text.trimEnd()),
    })
    .addHelpText('after', EXIT_HELP);

  const show = (json: boolean | undefined, value: unknown, text: string) =>
    io.out(json ? JSON.stringify(value, null, 2) : text);

  program
    .command('call')
    .description('place a call and show what became of it')
    .argument('<number>', 'whom to call, in E.164 form such as +14155550100')
    .option('--assistant <id>', 'who speaks; left out for the one of our number')
    .option('--json', 'for programs')
    .action(async (number: string, options: { assistant?: string; json?: boolean }) => {
      checkNumber(number);
      const manager = await io.manager('write');
      const assistant = options.assistant && { assistantId: options.assistant };
      const call = await manager.makeCall(number, { ...assistant });
      show(options.json, call, callText(call));
      if (call.dial !== 'accepted') fail(EXIT.failed);
    });

  const calls = program
    .command('calls')
    .description('list the calls that are not over; below it, calls over the API')
    .option('--json', 'for programs')
    .action(async (options: { json?: boolean }) => {
      const calls = await (await io.manager('read')).listActive();
      show(options.json, calls, callTable(calls));
    });

  program
    .command('status')
    .description('show a call as it stands, or as it ended')
    .argument('<call>', 'its id, such as call_0V…')
    .option('--json', 'for programs')
    .action(async (callId: string, options: { json?: boolean }) => {
      const call = await (await io.manager('read')).getCallStatus(callId);
      if (call) return show(options.json, call, callText(call));
      io.error('There is no such call.');
      fail(EXIT.failed);
    });

  program
    .command('hangup')
    .description('end calls in order; one that is over already is a success')
    .argument('[calls...]', 'their ids')
    .option('--all', 'every call that is not over')
    .option('--say <words>', 'said before the call ends', '')
    .option('--json', 'for programs')
    .action(async (ids: string[], options: { all?: boolean; say: string; json?: boolean }) => {
      if ((ids.length === 0) === !options.all) {
        throw new CallRequestError('Name the calls to end, or give --all.');
      }
      const manager = await io.manager('write');
      const results = options.all
        ? await manager.hangupAllCalls(options.say)
        : await manager.hangupCalls(ids, options.say);
      show(options.json, results, hangUpText(results));
      if (results.some(({ result }) => result === 'failed')) fail(EXIT.notReady);
      else if (results.some(({ result }) => result === 'unknown')) fail(EXIT.failed);
    });

  const api: ApiIo = {
    out: (text) => io.out(text),
    error: (text) => io.error(text),
    api: () => io.api(),
    input: (file) => io.input(file),
    isTerminal: io.isTerminal,
    fail,
  };
  addKeys(addLocal(program, io), api);
  addAssistants(program, api);
  addNumbers(program, api);
  addCalls(calls, api);
  addSessions(program, api);

  addOperations(program, {
    out: (text) => io.out(text),
    operations: () => io.operations(),
    fail,
    exit: EXIT,
  });
  addSealing(program, io, () => fail(EXIT.failed));
  return program;
}

const EXIT_HELP = `
Exit codes: 0 done, 1 failed, 2 wrong use, 3 Temporal, its workers, the models or the API are not there:
try again later, 4 not signed in, or the key may not do this.

keys, assistants, numbers, sessions and the commands below \`calls\` ask the API with the key in
VOCA_API_KEY, at VOCA_API_URL or on this machine. The others are for operators and ask Temporal.
They find an instance that runs on this machine (npm start, npm run demo); TEMPORAL_ADDRESS,
TWILIO_ACCOUNT_SID and TWILIO_PHONE_NUMBER name another one.`;
