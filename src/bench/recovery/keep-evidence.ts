/** Where the evidence of a drill goes. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeEvidence } from '../../drill/index.ts';
import type { Evidence } from '../../drill/index.ts';
import type { BenchContext } from '../benchmark.ts';

/** Kept where it was asked for; unasked only when it shows a fault. */
export function keepEvidence(
  evidence: Evidence | undefined,
  isGood: boolean,
  { progress, texts }: BenchContext,
): void {
  const wanted = texts?.['logdir'];
  if (!evidence || (wanted === undefined && isGood)) return;
  const folder = wanted ?? mkdtempSync(join(tmpdir(), 'voca-recovery-'));
  writeEvidence(folder, evidence);
  progress.say(`The evidence is in ${folder}: npm run check:history -- ${folder}`);
}
