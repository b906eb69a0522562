/** How the command line shows versions and differences to a person. Pure: text in, text out. */
import type { WorkerVersions } from '../temporal/deployments.ts';
import type { ReconcileOutcome } from '../../workflows/reconcile.ts';
import { table } from './format.ts';

export function versionTable({ versions, current }: WorkerVersions): string {
  if (versions.length === 0) return 'No worker with a version has started here.';
  const rows = versions.map(({ buildId, status, rampPercent, openCalls, createdAt }) => [
    buildId,
    rampPercent === undefined ? status : `${status} ${rampPercent} %`,
    String(openCalls),
    createdAt ?? '',
  ]);
  const shown = table([['VERSION', 'STATUS', 'OPEN CALLS', 'FIRST SEEN'], ...rows]);
  return current ? shown : `${shown}\nNo version is current: new calls go to workers without one.`;
}

export function differencesText(found: ReconcileOutcome): string {
  if (found.outcome === 'not-looked') {
    return 'Twilio or Temporal could not be asked, so nothing was done.';
  }
  const { open = 0, live = 0, foreign = 0, differences = [] } = found;
  const lines = [`${open} open here, ${live} live at Twilio on our numbers.`];
  if (foreign > 0) lines.push(`${foreign} of those are not known to be ours: left alone.`);
  if (differences.length === 0) lines.push('They agree.');
  for (const { kind, callId, callSid, settlement } of differences) {
    const what = settlement === undefined ? '' : `: ${SETTLED[settlement]}`;
    lines.push(`${callId} (${callSid}) ${FOUND[kind]}${what}`);
  }
  return lines.join('\n');
}

const FOUND = {
  'over-at-twilio': 'waits here and is over at Twilio',
  'closed-here': 'is closed here and live at Twilio',
  'never-began': 'is live at Twilio and never began here',
};

const SETTLED = {
  told: 'ended',
  'hung-up': 'hung up',
  begun: 'begun',
  agreed: 'agreed meanwhile',
  failed: 'could not be settled, the next round tries again',
};
