/** The commands of operators for calls, which ask Temporal: `voca call`, `calls`, `status`, `hangup`. */
import type { Command } from 'commander';
import type { CallManager } from '../call-manager.ts';
import { CallRequestError, checkNumber } from '../call-manager.ts';
import { EXIT } from './exit-codes.ts';
import { callTable, callText, hangUpText } from './format.ts';

/** What the commands need of the call manager. */
export type CliManager = Pick<
  CallManager,
  'makeCall' | 'listActive' | 'getCallStatus' | 'hangupCalls' | 'hangupAllCalls'
>;

/** `write`: numbers or words will be written into Temporal, which must seal them. */
export type ManagerUse = 'read' | 'write';

export interface CallCommandsIo {
  out(text: string): void;
  error(text: string): void;
  /** Connects when a command needs it. */
  manager(use: ManagerUse): Promise<CliManager>;
}

/** @returns the command `calls`. */
export function addCallCommands(
  program: Command,
  io: CallCommandsIo,
  fail: (code: number) => void,
): Command {
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

  const listing = program
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

  return listing;
}
