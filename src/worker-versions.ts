/**
 * Versions of workers: which one this is, which ones there are, and which one gets new calls.
 *
 * With pinned versions a call stays with the version on which it began; Temporal gives a version
 * no new calls before it is set current. The runbook is docs/worker-versions.md.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WorkerDeploymentOptions } from '@temporalio/worker';
import type { Config } from './config.ts';

/** What all versions of our workers are versions of. */
export const DEPLOYMENT = 'voca';

const HASH_CHARS = 10;

/**
 * How this worker presents itself; undefined where versions are not used.
 * @param behavior of every workflow on its queue: none names one of its own. Those that live for days
 *   (`AUTO_UPGRADE`) go over to the current version, which must decide all old steps as the old ones did.
 */
export function workerDeployment(
  { workers }: Pick<Config, 'workers'>,
  bundlePath: string,
  behavior: 'PINNED' | 'AUTO_UPGRADE' = 'PINNED',
): WorkerDeploymentOptions | undefined {
  if (workers.versioning === 'off') return undefined;
  const buildId = workers.buildId ?? builtId(bundlePath);
  return {
    version: { deploymentName: DEPLOYMENT, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: behavior,
  };
}

/** Changes with the package's version and with the code of the workflows, and with nothing else. */
export function builtId(bundlePath: string): string {
  // The source map behind the code names folders of the machine on which it was built.
  const code = readFileSync(bundlePath, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/gm, '');
  const hash = createHash('sha256').update(code).digest('hex').slice(0, HASH_CHARS);
  return `${packageVersion()}-${hash}`;
}

/** The version in package.json, which lies above us in the sources and, one further, in `dist/`. */
export function packageVersion(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const version = versionIn(join(folder, 'package.json'));
    if (version !== undefined) return version;
    if (folder === dirname(folder)) throw new Error('VOCA cannot find its package.json.');
  }
}

function versionIn(file: string): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return name === 'voca' && typeof version === 'string' ? version : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
