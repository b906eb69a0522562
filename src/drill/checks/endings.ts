/** Every call is in exactly one terminal state, and everybody gives the same reason for it. */
import type { CallEvidence } from '../call-evidence.ts';
import { isTerminal, overAtMs } from '../call-evidence.ts';
import type { Evidence } from '../evidence.ts';
import { wasTemporalAway } from '../outages.ts';
import type { Findings } from '../verdict.ts';

/** What Twilio's word for the end may be called by us, where it leaves no choice. */
const REASONS: Record<string, RegExp> = {
  busy: /^(busy|operator)$/,
  failed: /^(failed|operator)$/,
  'no-answer': /^(no-answer|operator)$/,
  canceled: /^(canceled|operator)$/,
  completed: /^(?!busy$|no-answer$|canceled$|dial-)/,
};

export function checkEndings(call: CallEvidence, evidence: Evidence, findings: Findings): void {
  const { callId, truth, runs, row } = call;
  findings.count('calls');
  const terminal = truth.filter((entry) => entry.kind === 'call' && isTerminal(entry.status));
  if (call.callSid === undefined) {
    findings.violation('call-nobody-made', callId, `${runs.length} runs of a workflow`);
  } else if (terminal.length === 0) {
    findings.violation('call-not-over', callId, `Twilio's call ${call.callSid} has no end`);
  } else if (terminal.length > 1) {
    findings.violation('two-ends', callId, terminal.map(({ seq }) => `truth log ${seq}`).join());
  }
  if (runs.length === 0 && !row) {
    if (call.callSid === undefined || mayBeUnknown(call, evidence)) {
      findings.count('neverBegun');
    } else findings.violation('call-unknown', callId, `Twilio's call ${call.callSid}`);
    return;
  }
  checkRuns(call, evidence, findings);
  checkRecord(call, findings);
  checkReasons(call, findings);
  checkPromptness(call, evidence, findings);
}

/**
 * Temporal was away: the gateway held the caller and sent him away. Where the evidence says when it
 * was, such a call at another time is a fault.
 */
function mayBeUnknown({ truth }: CallEvidence, { run }: Evidence): boolean {
  const [fromMs = 0, toMs = 0] = [truth.at(0)?.atMs, truth.at(-1)?.atMs];
  if (wasTemporalAway(run, { fromMs, toMs }) === false) return false;
  return truth.every((entry) => entry.kind !== 'heard' || run.fixedLines.includes(entry.text));
}

function checkRuns({ callId, runs }: CallEvidence, evidence: Evidence, findings: Findings): void {
  findings.count('runs', runs.length);
  const last = runs.at(-1);
  if (!last) return findings.violation('call-unknown', callId, 'a record without a workflow');
  for (const { end, runId } of runs) {
    if (['failed', 'terminated', 'timed-out'].includes(end)) {
      findings.violation('workflow-failed', callId, `run ${runId} has ${end}`);
    }
  }
  const open = runs.filter(({ end }) => end === 'open');
  const isSettled = evidence.run.isSettled;
  if (isSettled ? open.length > 0 : open.some((run) => run !== last)) {
    findings.violation('workflow-not-closed', callId, open.map(({ runId }) => runId).join());
  }
  if (last.end === 'continued') {
    findings.violation('workflow-not-closed', callId, `run ${last.runId} went on as no other`);
  }
  if (runs.filter(({ end }) => end !== 'continued').length > 1) {
    findings.violation('two-ends', callId, 'two runs that did not go on as another one');
  }
}

function checkRecord({ callId, row, events }: CallEvidence, findings: Findings): void {
  if (!row) return findings.violation('record-missing', callId, 'no row of the call');
  if (row.status !== 'ended') {
    findings.violation('record-not-ended', callId, `its status is ${row.status}`);
  }
  const ends = events.filter(({ type }) => type === 'call.ended');
  if (ends.length > 1) {
    const places = ends.map(({ sequence }) => sequence).join(' and ');
    findings.violation('two-ends', callId, `call.ended as event ${places}`);
  }
}

function checkReasons({ callId, row, runs, events, truth }: CallEvidence, findings: Findings) {
  const end = events.find(({ type }) => type === 'call.ended');
  const { result, endReason } = runs.at(-1) ?? {};
  const given = {
    record: row?.endReason ?? undefined,
    event: (end?.data as { reason?: string } | undefined)?.reason,
    workflow: (result as { endReason?: string } | undefined)?.endReason,
    search: endReason,
  };
  const reasons = Object.values(given).filter((reason) => reason !== undefined);
  if (new Set(reasons).size > 1) {
    return findings.violation('reasons-differ', callId, JSON.stringify(given));
  }
  const [reason] = reasons;
  const last = truth.findLast((entry) => entry.kind === 'call');
  if (reason === undefined || last?.kind !== 'call') return;
  if (REASONS[last.status]?.test(reason) === false) {
    findings.violation('reasons-differ', callId, `Twilio says ${last.status}, we say ${reason}`);
  }
}

function checkPromptness(call: CallEvidence, { run }: Evidence, findings: Findings): void {
  const end = call.events.find(({ type }) => type === 'call.ended');
  const overMs = overAtMs(call);
  if (!end || overMs === undefined) return;
  const tookMs = Date.parse(end.at) - overMs;
  findings.atLeast('slowestEndMs', Math.max(0, tookMs));
  if (run.endWithinMs !== undefined && tookMs > run.endWithinMs) {
    findings.violation('ended-late', call.callId, `${tookMs} ms after Twilio's last word`);
  }
}
