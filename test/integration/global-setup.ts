import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedStack } from '../../src/embedded/stack.ts';
import type { EmbeddedStack } from '../../src/embedded/stack.ts';
import { createProgress } from '../../src/embedded/progress.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract.ts';
import { STACK_VARIABLE } from './stack.ts';
import type { SharedStack } from './stack.ts';

/** What the teardown stops. */
export interface RunningStack {
  stack: EmbeddedStack;
  dataDir: string;
}

declare global {
  var vocaTestStack: RunningStack | undefined;
}

/** Builds what is out of date and starts one PostgreSQL and one Temporal for all test files. */
export default async function setUp(): Promise<void> {
  const root = join(import.meta.dirname, '..', '..');
  // Types are checked elsewhere; here they would only take time.
  const build = [join(root, 'scripts', 'build.js'), '--no-check'];
  execFileSync(process.execPath, build, { stdio: ['ignore', 'inherit', 'inherit'] });
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
        ],
      },
      progress: createProgress(process.stderr),
      usualPorts: false,
      durable: false,
    });
    globalThis.vocaTestStack = { stack, dataDir };
    if (stack.temporalUiUrl) process.stderr.write(`Temporal UI: ${stack.temporalUiUrl}\n`);
    const shared: SharedStack = {
      databaseUrl: stack.databaseUrl ?? '',
      temporalAddress: stack.temporalAddress ?? '',
      namespace: 'default',
      workflowBundlePath: join(root, 'dist', 'workflow-bundle.js'),
    };
    process.env[STACK_VARIABLE] = JSON.stringify(shared);
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}
