/**
 * Histories of real calls, kept to prove that new code still decides as they did. They are recorded
 * by the tests themselves: `VOCA_RECORD_HISTORIES=1 npx jest --selectProjects integration journey`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { TemporalLink } from '../../../src/temporal/connection.ts';

export const HISTORIES = join(import.meta.dirname, '..', '..', 'histories');

/** Waits until the call is closed, and keeps its history when that is asked for. */
export async function keepHistory(link: TemporalLink, callId: string, name: string): Promise<void> {
  if (process.env['VOCA_RECORD_HISTORIES'] === undefined) return;
  const handle = link.client.workflow.getHandle(callId);
  await handle.result();
  const history = historyToJSON(await handle.fetchHistory());
  writeFileSync(join(HISTORIES, `${name}.json`), `${JSON.stringify(history, null, 1)}\n`);
}
