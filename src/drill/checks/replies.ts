/** One reply activity per turn; the model is asked more often only when something died or failed. */
import type { CallEvidence } from '../call-evidence.ts';
import type { Evidence } from '../evidence.ts';
import { streamTalkOf } from '../stream-evidence.ts';
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
  if (streamTalkOf(call)) return; // a media worker asks by itself
  for (const turn of call.turns) {
    if (turn.replySource === 'model' && !scheduled.has(turn.key)) {
      findings.violation('answer-without-reply', call.callId, `turn ${turn.key}`);
    }
  }
}

/**
 * The model's own log against all calls. A request belongs to a turn when it ends with the turn's
 * words (words that were never answered stand in front of them); others, such as one for a summary,
 * which never ends with words of a caller, are only counted.
 */
export function checkModel(calls: CallEvidence[], evidence: Evidence, findings: Findings): void {
  const turns = spokenTurns(calls);
  const answers = countAnswers(turns, evidence, findings);
  const repeated = repeatedAttempts(calls);
  // Over a stream a model is asked as soon as the caller may have ended, and again when he goes on.
  const overStreams = spokenTurns(calls.filter((call) => streamTalkOf(call)));
  for (const [words, times] of answers) {
    if (overStreams.has(words)) continue;
    const extra = Math.max(0, times - (turns.get(words) ?? 0));
    findings.count('modelAnswersTooMany', extra);
    // A worker that died with an answer in its hands leaves another attempt behind.
    const attempts = repeated.get(words) ?? 0;
    if (extra <= attempts) continue;
    findings.violation(
      'model-asked-too-often',
      undefined,
      `${JSON.stringify(words.slice(0, 100))}: ${extra} answers more than turns, ${attempts} attempts repeated`,
    );
  }
}

/** How often the replies to these words were attempted again, by the turn that each belongs to. */
function repeatedAttempts(calls: CallEvidence[]): Map<string, number> {
  const repeated = new Map<string, number>();
  for (const { runs, turns } of calls) {
    for (const { key, attempts } of runs.flatMap(({ replies }) => replies)) {
      const turn = turns.find((each) => each.key === key);
      if (!turn || attempts < 2) continue;
      const words = plainWords(turn.heard.text ?? '');
      repeated.set(words, (repeated.get(words) ?? 0) + attempts - 1);
    }
  }
  return repeated;
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
