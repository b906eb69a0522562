/**
 * Histories of real calls, kept to prove that new code still decides as they did. They are recorded
 * by the tests themselves, with `VOCA_RECORD_HISTORIES=1`: see CONTRIBUTING.md.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stack } from '../stack.ts';

const run = promisify(execFile);

export const HISTORIES = join(import.meta.dirname, '..', '..', 'histories');

/** Waits until the call is closed, and keeps its history when that is asked for. */
export async function keepHistory(callId: string, name: string): Promise<void> {
  if (process.env['VOCA_RECORD_HISTORIES'] === undefined) return;
  const { temporalAddress, namespace } = stack();
  const program = join(import.meta.dirname, 'save-history.js');
  const file = join(HISTORIES, `${name}.json`);
  await run(process.execPath, [program, temporalAddress, namespace, callId, file]);
}
