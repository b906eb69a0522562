import { EmbeddedError, reasonOf } from './embedded-error.ts';
import type { Attempt } from './embedded-error.ts';
import { findExecutable, isExecutable, pathFolders } from './find-executable.ts';
import type { MachineEnv } from './machine.ts';
import type { Progress } from './progress.ts';
import { buildTemporal } from './temporal-build.ts';
import { cachedTemporal } from './temporal-cache.ts';
import { downloadTemporal } from './temporal-download.ts';

/** One way to a `temporal` program. It throws to say why it is not one. */
export interface TemporalFinder {
  what: string;
  find(): string | Promise<string>;
}

const ADVICE = [
  'install the Temporal CLI and put it on PATH (https://docs.temporal.io/cli)',
  'or install Go 1.21 or newer, so that it can be built here',
  'or set TEMPORAL_ADDRESS to the address of a Temporal server that runs already',
];

/** The ways, in order: what is installed, what we have, what can be fetched, what can be built. */
export function temporalFinders(
  env: MachineEnv,
  dataDir: string,
  progress: Progress,
): TemporalFinder[] {
  const target = cachedTemporal(env, dataDir);
  return [
    { what: '`temporal` on PATH', find: () => onPath(env) },
    { what: `the cache (${target})`, find: () => cached(target) },
    { what: "the SDK's download", find: () => downloadTemporal(target, progress) },
    { what: 'building it with Go', find: () => buildTemporal(target, env, progress) },
  ];
}

/**
 * @returns the path of a `temporal` program
 * @throws EmbeddedError with each way that was tried and why it failed.
 */
export async function findTemporal(finders: readonly TemporalFinder[]): Promise<string> {
  const tried: Attempt[] = [];
  for (const finder of finders) {
    try {
      return await finder.find();
    } catch (error) {
      tried.push({ what: finder.what, why: reasonOf(error) });
    }
  }
  throw new EmbeddedError('No Temporal server was found, and none could be had.', tried, ADVICE);
}

function onPath(env: MachineEnv): string {
  const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  const found = findExecutable(program, pathFolders(env));
  if (found === undefined) throw new Error('not found');
  return found;
}

function cached(target: string): string {
  if (!isExecutable(target)) throw new Error('nothing there yet');
  return target;
}
