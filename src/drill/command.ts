/** `npm run check:history -- LOGDIR`, but for the process around it. */
import { checkHistory } from './check-history.ts';
import { LogDirError, readEvidence } from './log-dir.ts';
import { renderVerdict } from './report.ts';

export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/**
 * Judges the evidence in a folder. The verdict for people comes first, one line of JSON last.
 * @returns the exit code: 0 when the history holds, 1 when it does not, 2 when there is nothing to
 *   judge
 */
export function checkCommand([logDir, ...rest]: readonly string[], output: Output): number {
  if (logDir === undefined || rest.length > 0) {
    output.err('Usage: npm run check:history -- LOGDIR\n');
    return 2;
  }
  try {
    const evidence = readEvidence(logDir);
    const verdict = checkHistory(evidence);
    output.out(`${renderVerdict(verdict, evidence.run)}\n${JSON.stringify(verdict)}\n`);
    return verdict.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof LogDirError)) throw error;
    output.err(`${error.message}\n`);
    return 2;
  }
}
