/** One reply activity per turn; the model is asked more often only when something died or failed. */
import type { CallEvidence } from '../call-evidence.ts';
import type { Evidence } from '../evidence.ts';
import type { Findings } from '../verdict.ts';
import { plainWords } from '../words.ts';

export function checkReplies(call: CallEvidence, findings: Findings): void {
  const scheduled = new Map<string, number>();
  for (const { key = 'unknown', attempts } of call.runs.flatMap(({ replies }) => replies)) {
    findings.count('replyActivities');
    findings.count('replyAttempts', attempts);
    scheduled.set(key, (scheduled.get(key) ?? 0) + 1);
  }
  for (const [key, times] of scheduled) {
    if (times > 1) {
      findings.violation('reply-twice', call.callId, `turn ${key}: ${times} reply activities`);
    }
    const turn = call.turns.find((each) => each.key === key);
    if (!turn || turn.heard.kind === 'silence') {
      const what = turn ? 'a silence' : 'no turn of the record';
      findings.violation('reply-without-turn', call.callId, `turn ${key} is ${what}`);
    }
  }
  for (const turn of call.turns) {
    if (turn.replySource === 'model' && !scheduled.has(turn.key)) {
      findings.violation('answer-without-reply', call.callId, `turn ${turn.key}`);
    }
  }
}

/**
 * The model's own log against all calls. A request belongs to a turn when it ends with the turn's
 * words (words that were never answered stand in front of them); others, such as one for a summary
 * of a long call, are only counted.
 */
export function checkModel(calls: CallEvidence[], evidence: Evidence, findings: Findings): void {
  const turns = spokenTurns(calls);
  const answers = countAnswers(turns, evidence, findings);
  const repeated = calls
    .flatMap(({ runs }) => runs.flatMap(({ replies }) => replies))
    .reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0);
  let extra = 0;
  const examples: string[] = [];
  for (const [words, times] of answers) {
    const over = times - (turns.get(words) ?? 0);
    if (over <= 0) continue;
    extra += over;
    examples.push(`${JSON.stringify(words.slice(0, 100))}: ${times} answers`);
  }
  findings.count('modelAnswersTooMany', extra);
  // A worker that died with an answer in its hands leaves another attempt behind.
  if (extra <= repeated) return;
  findings.violation(
    'model-asked-too-often',
    undefined,
    `${extra} answers more than turns, ${repeated} attempts repeated; ${examples.slice(0, 5).join('; ')}`,
  );
}

/** How many turns hold these words. */
function spokenTurns(calls: CallEvidence[]): Map<string, number> {
  const turns = new Map<string, number>();
  for (const { heard } of calls.flatMap((call) => call.turns)) {
    const words = plainWords(heard.text ?? '');
    if (heard.kind === 'speech') turns.set(words, (turns.get(words) ?? 0) + 1);
  }
  return turns;
}

/** How often the model has answered these words. */
function countAnswers(
  turns: ReadonlyMap<string, number>,
  evidence: Evidence,
  findings: Findings,
): Map<string, number> {
  const longestFirst = [...turns.keys()].sort((a, b) => b.length - a.length);
  const answers = new Map<string, number>();
  for (const { lastUser, outcome } of evidence.model) {
    const line = plainWords(lastUser);
    const words = turns.has(line) ? line : longestFirst.find((each) => line.endsWith(` ${each}`));
    if (words === undefined) {
      findings.count('otherModelRequests');
      continue;
    }
    findings.count('modelRequests');
    if (outcome === 'answered') answers.set(words, (answers.get(words) ?? 0) + 1);
    else findings.count('modelRequestsUnanswered');
  }
  return answers;
}
