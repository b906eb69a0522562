import { readFileSync } from 'node:fs';
import type { DataConverter } from '@temporalio/common';
import { createDataConverter } from './data-converter.ts';

/** The options of a worker, or of a replay, that have to do with sealing. */
export interface WorkerSealing {
  dataConverter: DataConverter;
  workflowBundle: { codePath: string } | { code: string };
}

/** As `bundled-failures.ts` writes it. */
const READABLE = "'voca-failures-are-readable'";
const SEALED = "'voca-failures-are-sealed'";

/**
 * Converter and workflow code, always together, so that workflows and activities of one worker never
 * disagree on whether failures are sealed. There is one bundle; bundling twice would double the time
 * of a build for one word.
 * @param bundlePath the workflow code as one file, made by `scripts/build.js`
 * @param secrets `VOCA_SECRET_KEY`; none: nothing is sealed
 */
export function workerSealing(bundlePath: string, secrets: readonly string[]): WorkerSealing {
  const dataConverter = createDataConverter(secrets);
  if (secrets.length === 0) return { dataConverter, workflowBundle: { codePath: bundlePath } };
  const code = readFileSync(bundlePath, 'utf8');
  if (code.split(READABLE).length !== 2) {
    throw new Error('The workflow bundle is of another version: run `npm run build`.');
  }
  return { dataConverter, workflowBundle: { code: code.replace(READABLE, SEALED) } };
}
