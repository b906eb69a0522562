/**
 * `npm run check:history -- LOGDIR`: judges the evidence of a run. The verdict for people goes to
 * stdout, one line of JSON is its last line. Exits 0 when the history holds, 1 when it does not,
 * 2 when there is no evidence to judge.
 */
import { checkHistory } from './check-history.ts';
import { LogDirError, readEvidence } from './log-dir.ts';
import { renderVerdict } from './report.ts';

function main([logDir, ...rest]: string[]): number {
  if (logDir === undefined || rest.length > 0) {
    process.stderr.write('Usage: npm run check:history -- LOGDIR\n');
    return 2;
  }
  try {
    const evidence = readEvidence(logDir);
    const verdict = checkHistory(evidence);
    process.stdout.write(`${renderVerdict(verdict, evidence.run)}\n${JSON.stringify(verdict)}\n`);
    return verdict.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof LogDirError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

process.exitCode = main(process.argv.slice(2));
