/** Judges a drill with the history checker; says how to run it again when the history does not hold. */
import { expect } from '@jest/globals';
import { checkHistory, renderVerdict } from '../../../src/drill/index.ts';
import type { Counts, Evidence } from '../../../src/drill/index.ts';
import type { Phone } from '../../../src/simulator/index.ts';
import { keep } from './evidence.ts';
import type { RunNotes } from './evidence.ts';

/** What a drill is done to. */
interface Drilled {
  evidence(notes: RunNotes): Promise<Evidence>;
}

/** A call after which nothing was lost, and nobody heard Twilio's error message. It may still close. */
export async function expectNothingLost(
  instance: Drilled,
  phone: Phone,
  notes: RunNotes = {},
): Promise<void> {
  const evidence = await instance.evidence({ phones: [phone], mayStillClose: true, ...notes });
  const counts = expectHistoryHolds(evidence);
  // Nothing was refused or dropped either: every word was answered.
  expect({ posted: counts['posted'], kept: counts['answered'] }).toEqual({
    posted: counts['utterances'],
    kept: counts['utterances'],
  });
}

export function expectHistoryHolds(evidence: Evidence): Counts {
  const verdict = checkHistory(evidence);
  if (!verdict.ok) {
    const folder = keep(evidence);
    throw new Error(
      `${renderVerdict(verdict, evidence.run)}\n  npm run check:history -- ${folder}`,
    );
  }
  return verdict.counts;
}
