/** The workflows with a change in them, in a bundle for replays; not as lean as that of a build. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const silent = () => undefined;
const QUIET = {
  log: silent,
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
};

export interface ChangedWorkflows {
  bundlePath: string;
  remove(): void;
}

/**
 * @param file below `workflows/`.
 * @param changes each: what must stand there once, and what takes its place.
 */
export async function changedWorkflows(
  file: string,
  changes: [from: string, to: string][],
): Promise<ChangedWorkflows> {
  const folder = mkdtempSync(join(tmpdir(), 'voca-changed-'));
  cpSync(join(ROOT, 'workflows'), join(folder, 'workflows'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'workflows', file);
  writeFileSync(path, changes.reduce(replacedOnce, readFileSync(path, 'utf8')));
  const workflowsPath = join(folder, 'workflows', 'index.ts');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    failureConverterPath: join(ROOT, 'src', 'sealing', 'bundled-failures.ts'),
    logger: QUIET,
  });
  const bundlePath = join(folder, 'workflow-bundle.js');
  writeFileSync(bundlePath, code);
  return { bundlePath, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function replacedOnce(text: string, [from, to]: [string, string]): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error('the workflows do not hold what is to be changed');
  return parts.join(to);
}
