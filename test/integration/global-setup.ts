import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedStack } from '../../src/embedded/stack.ts';
import type { EmbeddedStack } from '../../src/embedded/stack.ts';
import { createProgress } from '../../src/embedded/progress.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract.ts';
import tearDown from './global-teardown.ts';
import { STACKS_VARIABLE } from './stack.ts';
import type { SharedStack } from './stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Each takes a PostgreSQL, a Temporal and what the tests start: see `scripts/verify.js`. */
const MOST_STACKS = 4;

/** What the teardown stops. */
export interface RunningStack {
  stack: EmbeddedStack;
  dataDir: string;
  shared: SharedStack;
}

declare global {
  var vocaTestStacks: RunningStack[] | undefined;
}

/**
 * Builds what is out of date and starts one PostgreSQL and one Temporal for each worker process of Jest:
 * its files share them one after the other.
 */
export default async function setUp({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  if (maxWorkers > MOST_STACKS) {
    throw new Error(`Say --runInBand, or --maxWorkers up to ${MOST_STACKS}: each has its servers.`);
  }
  // Types are checked elsewhere; here they would only take time.
  const build = [join(ROOT, 'scripts', 'build.js'), '--no-check'];
  execFileSync(process.execPath, build, { stdio: ['ignore', 'inherit', 'inherit'] });
  const starting = Array.from({ length: maxWorkers }, startStack);
  const started = await Promise.allSettled(starting);
  globalThis.vocaTestStacks = started.flatMap((each) =>
    each.status === 'fulfilled' ? [each.value] : [],
  );
  const failed = started.find((each) => each.status === 'rejected');
  if (failed) {
    await tearDown();
    throw failed.reason;
  }
  const shared = globalThis.vocaTestStacks.map((each) => each.shared);
  process.env[STACKS_VARIABLE] = JSON.stringify(shared);
}

async function startStack(): Promise<RunningStack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'voca-test-'));
  // The user of an embedded PostgreSQL has to pass through.
  chmodSync(dataDir, 0o711);
  try {
    const stack = await startEmbeddedStack({
      dataDir,
      env: process.env,
      postgres: true,
      temporal: {
        headless: process.env.VOCA_TEST_UI === undefined,
        searchAttributes: Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name),
        // After some 15 turns instead of 200, so that tests see calls continue as new.
        settings: [
          'limit.historyCount.suggestContinueAsNew=300',
          // A version of workers whose last call has ended is found drained within seconds.
          'matching.wv.VersionDrainageStatusVisibilityGracePeriod="2s"',
          'matching.wv.VersionDrainageStatusRefreshInterval="2s"',
          // What is done is noted down every 2 s instead of 30: until then nothing is deleted.
          'history.transferProcessorUpdateAckInterval="2s"',
          'history.visibilityProcessorUpdateAckInterval="2s"',
        ],
      },
      progress: createProgress(process.stderr),
      usualPorts: false,
      durable: false,
    });
    if (stack.temporalUiUrl) process.stderr.write(`Temporal UI: ${stack.temporalUiUrl}\n`);
    const shared: SharedStack = {
      databaseUrl: stack.databaseUrl ?? '',
      temporalAddress: stack.temporalAddress ?? '',
      namespace: 'default',
      workflowBundlePath: join(ROOT, 'dist', 'workflow-bundle.js'),
    };
    return { stack, dataDir, shared };
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}
