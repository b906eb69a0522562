/** The `voca` command: its commands, options and exit codes. */
import { Command, CommanderError } from 'commander';
import type { ApiClient } from './api-client.ts';
import type { ApiIo } from './commands/api-io.ts';
import { addCallCommands } from './call-commands.ts';
import type { CallCommandsIo } from './call-commands.ts';
import { addAssistants } from './commands/assistants.ts';
import { addCalls } from './commands/calls.ts';
import { addEvents } from './commands/events.ts';
import { addKeys, createRemotely } from './commands/keys.ts';
import { addNumbers } from './commands/numbers.ts';
import { addSessions } from './commands/sessions.ts';
import { addWebhooks } from './commands/webhooks.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { addLocal } from './local-commands.ts';
import type { LocalIo } from './local-commands.ts';
import { addOperations } from './operations.ts';
import type { CliOperations } from './operations.ts';
import { addSealing } from './sealing-commands.ts';
import type { SealingIo } from './sealing-commands.ts';

export type { CliManager, ManagerUse } from './call-commands.ts';

export interface CliIo
  extends CallCommandsIo, SealingIo, LocalIo, Pick<ApiIo, 'input' | 'isTerminal'> {
  /** Signs in at the API when a command needs it. */
  api(): Promise<ApiClient>;
  /** Connects when a command of operators needs it. */
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
    // What stands behind a command within a command is its own: `voca calls list --json`.
    .enablePositionalOptions()
    .description('Places, shows and ends AI phone calls.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.error(text.trimEnd()),
    })
    .addHelpText('after', EXIT_HELP);

  const api: ApiIo = {
    out: (text) => io.out(text),
    error: (text) => io.error(text),
    api: () => io.api(),
    input: (file) => io.input(file),
    isTerminal: io.isTerminal,
    fail,
  };
  program.commandsGroup(OVER_API);
  addAssistants(program, api);
  addNumbers(program, api);
  program.commandsGroup(HERE);
  addCalls(addCallCommands(program, io, fail).helpGroup(OVER_API), api);
  addSessions(program, api).helpGroup(OVER_API);
  addEvents(program, api).helpGroup(OVER_API);
  addWebhooks(program, api).helpGroup(OVER_API);
  const keys = addLocal(program, io, (wanted) => createRemotely(api, wanted));
  addKeys(keys.helpGroup(OVER_API), api);
  addOperations(program, {
    out: (text) => io.out(text),
    operations: () => io.operations(),
    fail,
    exit: EXIT,
  });
  addSealing(program, io, () => fail(EXIT.failed));
  return program;
}

const OVER_API = 'Over the API, with the key in VOCA_API_KEY:';
const HERE = 'For operators, on this machine:';

const EXIT_HELP = `
Exit codes: 0 done, 1 failed, 2 wrong use, 3 Temporal, its workers, the models or the API are not there:
try again later, 4 not signed in, or the key may not do this.

keys, assistants, numbers, sessions, events, webhooks and the commands below \`calls\` ask the API with the
key in VOCA_API_KEY, at VOCA_API_URL or on this machine. The others are for operators and ask Temporal.
They find an instance that runs on this machine (npm start, npm run demo); TEMPORAL_ADDRESS,
TWILIO_ACCOUNT_SID and TWILIO_PHONE_NUMBER name another one.`;
