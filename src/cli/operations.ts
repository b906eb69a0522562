/** The commands of operators: `voca versions`, `voca reconcile`. */
import { Argument, InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { CallRequestError } from '../call-manager.ts';
import type { Operations } from '../operations.ts';
import { differencesText, versionTable } from './operations-format.ts';

/** What the commands need of the operations. */
export type CliOperations = Pick<
  Operations,
  'versions' | 'setCurrentVersion' | 'rampVersion' | 'moveCalls' | 'reconcile'
>;

export interface OperationsIo {
  out(text: string): void;
  /** Connects when a command needs it. */
  operations(): Promise<CliOperations>;
  /** Sets the exit code. */
  fail(code: number): void;
  exit: { failed: number; notReady: number };
}

export function addOperations(program: Command, io: OperationsIo): void {
  addVersions(program, io);
  program
    .command('reconcile')
    .description("compare our calls with Twilio's live ones now, and settle the difference")
    .option('--dry-run', 'only show the difference')
    .option('--json', 'for programs')
    .action(async (options: { dryRun?: boolean; json?: boolean }) => {
      const operations = await io.operations();
      const outcome = await operations.reconcile({ dryRun: options.dryRun ?? false });
      io.out(options.json ? JSON.stringify(outcome, null, 2) : differencesText(outcome));
      if (outcome.outcome === 'not-looked') io.fail(io.exit.notReady);
      if (outcome.differences?.some(({ settlement }) => settlement === 'failed')) {
        io.fail(io.exit.failed);
      }
    });
}

function addVersions(program: Command, io: OperationsIo): void {
  const versions = program
    .command('versions')
    .description('list the versions of the workers; see docs/worker-versions.md')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const list = await (await io.operations()).versions();
      io.out(json ? JSON.stringify(list, null, 2) : versionTable(list));
    });
  versions
    .command('set-current')
    .description('let new calls go to a version; live calls stay where they are')
    .argument('[build]', 'its build id')
    .option('--unversioned', 'to workers without a version, in place of one')
    .action(async (build: string | undefined, options: { unversioned?: boolean }) => {
      if ((build === undefined) === !options.unversioned) {
        throw new CallRequestError('Name a version, or give --unversioned.');
      }
      await (await io.operations()).setCurrentVersion(build);
      io.out(`New calls go to ${build ?? 'workers without a version'}.`);
    });
  versions
    .command('ramp')
    .description('let a share of new calls go to a version; 0 takes it back')
    .argument('<build>', 'its build id')
    .addArgument(new Argument('<percent>', 'from 0 to 100').argParser(percentOf))
    .action(async (build: string, percent: number) => {
      await (await io.operations()).rampVersion(build, percent);
      io.out(`${percent} % of new calls go to ${build}.`);
    });
  versions
    .command('move')
    .description('for emergencies: let the live calls of one version go on with another')
    .argument('<from>', 'the build id that they are on')
    .argument('<to>', 'one that decides all they have done so far in the same way')
    .action(async (from: string, to: string) => {
      const moved = await (await io.operations()).moveCalls(from, to);
      io.out(`${moved} ${moved === 1 ? 'call goes' : 'calls go'} on with ${to}.`);
    });
}

function percentOf(text: string): number {
  const percent = Number(text);
  if (/^\d{1,3}(\.\d+)?$/.test(text) && percent <= 100) return percent;
  throw new InvalidArgumentError('It must be a number from 0 to 100.');
}
