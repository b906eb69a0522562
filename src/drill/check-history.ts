/**
 * The history checker: judges a run by what everybody concerned has written down. It reads the
 * evidence alone and trusts the simulated Twilio's truth log.
 *
 * Counts: `calls`, `utterances` (said), `posted` (sent to us), `answered`, `superseded`,
 * `unanswered`, `unheard` (what became of them), `refused` (the caller was asked again),
 * `refusedThoughKept`, `undelivered` (kept back by the drill), `tooLate`, `nobodyListened`,
 * `neverPosted` (hung up before), `lost`, `replyActivities`, `replyAttempts`, `modelRequests`,
 * `degraded` (turns that a fallback or an apology has answered), `otherModelRequests` (for summaries), `summaries` (of calls that are over), `fixedLinesHeard`,
 * `outboxEvents`, `deliveries`, `received` (webhooks, by customers' servers), `receivedAgain`, `slowestEndMs`,
 * `injected-…` (faults); of calls over media streams `callsOverStreams`, `streams`, `saidOverStreams`,
 * `keptOverStreams`, `openAtALoss` (cut off by a lost stream, or said just before), `stream-…` (what became of
 * their turns), `repliesOverStreams`, `repliesInterrupted`; and more.
 */
import { callsOf } from './call-evidence.ts';
import { checkAnswers, checkForgeries } from './checks/answers.ts';
import { checkDegraded } from './checks/degraded.ts';
import { checkDeliveries } from './checks/deliveries.ts';
import { checkEndings } from './checks/endings.ts';
import { checkHeard, wordsByCall } from './checks/heard.ts';
import { checkLeaks } from './checks/leaks.ts';
import { checkOutboxOf } from './checks/outbox.ts';
import { checkRecordOf } from './checks/record.ts';
import { checkModel, checkReplies } from './checks/replies.ts';
import { checkStreams } from './checks/streams.ts';
import { checkSummaries } from './checks/summaries.ts';
import { checkUtterances } from './checks/utterances.ts';
import type { Evidence } from './evidence.ts';
import { Refusals } from './refusals.ts';
import { Findings } from './verdict.ts';
import type { Verdict } from './verdict.ts';

/** Always named, also when there were none. */
const ALWAYS = ['calls', 'utterances', 'posted', 'answered', 'refused', 'lost', 'replyActivities'];

export function checkHistory(evidence: Evidence): Verdict {
  const findings = new Findings();
  for (const name of ALWAYS) findings.count(name, 0);
  const calls = callsOf(evidence);
  const refusals = new Refusals(evidence.logs);
  const words = wordsByCall(calls);
  for (const call of calls) {
    checkEndings(call, evidence, findings);
    checkUtterances(call, evidence, refusals, findings);
    checkReplies(call, findings);
    checkDegraded(call, findings);
    checkSummaries(call, findings);
    checkRecordOf(call, findings);
    checkOutboxOf(call, evidence, findings);
    checkStreams(call, evidence, findings);
    checkHeard(call, evidence, words, findings);
    checkAnswers(call, evidence, findings);
  }
  checkModel(calls, evidence, findings);
  checkForgeries(evidence, findings);
  checkDeliveries(evidence, findings);
  checkLeaks(evidence, findings);
  findings.count('kills', evidence.run.kills.length);
  const { counts, violations } = findings;
  return { ok: violations.length === 0, counts, violations };
}
