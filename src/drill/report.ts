import type { RunInfo } from './evidence.ts';
import type { Verdict } from './verdict.ts';

/** A verdict for people: what was counted, every violation with what shows it, how to run it again. */
export function renderVerdict({ ok, counts, violations }: Verdict, run?: RunInfo): string {
  const width = Math.max(...Object.keys(counts).map((name) => name.length));
  const lines = Object.entries(counts).map(([name, n]) => `  ${name.padEnd(width)}  ${n}`);
  const found = violations.map(
    ({ kind, callId, evidence }) => `  ${kind}${callId ? ` in ${callId}` : ''}\n    ${evidence}`,
  );
  return [
    ok ? 'The history holds.' : `The history does not hold: ${violations.length} violations.`,
    ...lines,
    ...found,
    ...(!ok && run && run.commands.length > 0
      ? [`Seed ${run.seed}. Again:`, ...run.commands.map((each) => `  ${each}`)]
      : []),
  ].join('\n');
}
