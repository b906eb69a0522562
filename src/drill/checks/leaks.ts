/** No secret, no number and no word of speech stands in a log of the product. */
import type { Evidence, ProductLog } from '../evidence.ts';
import type { Findings } from '../verdict.ts';
import { Needles } from '../needles.ts';

const SHOWN_PER_LOG = 10;

export function checkLeaks(evidence: Evidence, findings: Findings): void {
  const needles = new Needles(evidence);
  findings.count('canaries', needles.count);
  for (const log of evidence.logs) searchLog(log, needles, findings);
}

function searchLog({ name, text }: ProductLog, needles: Needles, findings: Findings): void {
  let found = 0;
  text.split('\n').forEach((line, at) => {
    findings.count('logLines', line === '' ? 0 : 1);
    const what = needles.findIn(line);
    if (what === undefined) return;
    found += 1;
    if (found > SHOWN_PER_LOG) return;
    findings.violation('leak', undefined, `${name}:${at + 1} holds ${what}`);
  });
}
