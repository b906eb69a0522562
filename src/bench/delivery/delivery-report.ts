/** The figures of the delivery benchmark for a person. Pure. */
import { renderVerdict } from '../../drill/index.ts';
import { goalLines, goalsLine, machineLine, shown, timesHead, timesRow } from '../report-lines.ts';
import type { CostFigures, IdleFigures } from './cost.ts';
import type { DeliveryFigures } from './delivery-figures.ts';
import type { KilledCallsFigures } from './killed-calls.ts';
import type { RateFigures } from './latency.ts';
import type { OutageFigures } from './outage.ts';

export function renderDelivery(figures: DeliveryFigures, problems: readonly string[]): string {
  const { latency, idle, flow, outage, drain, killed, goals } = figures;
  return [
    '',
    ...(figures.interrupted ? ['STOPPED EARLY: this is a part.'] : []),
    `Again: ${figures.command}`,
    machineLine(figures),
    `What Temporal keeps is ${figures.sealed ? 'sealed' : 'not sealed'}.`,
    ...(latency ? latencyLines(latency, figures) : []),
    ...(idle ? idleLines(idle.without, idle.withEndpoints) : []),
    ...(flow ? costLines('In a steady flow, without what the instance uses by itself', flow) : []),
    ...(outage ? outageLines(outage) : []),
    ...(drain
      ? costLines('After the outage, without what the instance uses by itself', drain)
      : []),
    ...(killed ? killedLines(killed) : []),
    '',
    ...goalLines(goals),
    ...(problems.length > 0
      ? ['', 'What went wrong:', ...problems.map((each) => `  ${each}`)]
      : []),
    '',
    goalsLine(goals),
    '',
  ].join('\n');
}

function latencyLines(
  rates: readonly RateFigures[],
  { keepsUpAt, endsAt }: DeliveryFigures,
): string[] {
  const first = rates.at(0);
  return [
    '',
    'From the moment that an event tells of to its arrival at the receiver',
    timesHead(),
    ...(first ? Object.entries(first.byType).map(([type, times]) => timesRow(type, times)) : []),
    ...rates.map(({ callsPerSecond, delay, missing, callErrors }) => {
      const bad = missing + callErrors > 0 ? `${missing} missing, ${callErrors} call errors` : '';
      return timesRow(`${callsPerSecond} calls a second`, delay, bad);
    }),
    `The 95th percentile is within a second at ${keepsUpAt ?? 'no'} calls a second` +
      (endsAt === null ? '; no higher rate was tried.' : `, and not at ${endsAt}.`),
  ];
}

function idleLines(without: IdleFigures, withEndpoints: IdleFigures): string[] {
  const line = ({ endpoints, seconds, cpuMsPerSecond, historyEvents, workflowRuns }: IdleFigures) =>
    `  ${endpoints} endpoints, ${seconds} s: ${historyEvents} history events, ${workflowRuns} runs of ` +
    `workflows; CPU ms a second: ${parts(cpuMsPerSecond)}`;
  return ['', 'Nothing is sent', line(without), line(withEndpoints)];
}

function costLines(title: string, cost: CostFigures): string[] {
  const { deliveries, seconds, cpuMs, historyEvents, workflowRuns, rows, bytes } = cost;
  return [
    '',
    `${title}: ${deliveries} deliveries in ${seconds} s, each`,
    `  CPU ms: ${parts(cpuMs)}`,
    `  ${historyEvents} history events in ${workflowRuns} runs of workflows, ${rows} rows, ${bytes} bytes of tables and indexes`,
  ];
}

function outageLines(outage: OutageFigures): string[] {
  const { events, maxPerSecond, closed, failing, slow, slowAnswerMs, waiting } = outage;
  const { drainSeconds, firstSeconds, missing, repeated } = outage;
  return [
    '',
    `An endpoint that refuses connections for ${closed} s, answers 500 for ${failing} s and answers after ` +
      `${slowAnswerMs} ms for ${slow} s, while ${events} events come for it; ${maxPerSecond} a second at most`,
    `  it comes back with ${waiting} waiting; the first arrives after ${shown(firstSeconds)} s, ` +
      (drainSeconds === null ? 'all are not in time' : `all within ${shown(drainSeconds)} s`),
    `  ${missing} never arrive, ${repeated} arrive again after they were accepted`,
    `  most attempts in any second: ${outage.mostInOneSecond}, in any ten: ${outage.mostInTenSeconds}; ` +
      `most arrivals in any second: ${outage.mostArrivedInOneSecond}`,
    timesHead(),
    timesRow('another one, before', outage.otherQuiet),
    timesRow('another one, meanwhile', outage.otherMeanwhile),
  ];
}

function killedLines(killed: KilledCallsFigures): string[] {
  const { seed, calls, seconds, kills, settledSeconds, openAfterwards, verdict } = killed;
  const count = Object.values(kills).reduce((sum, each) => sum + each, 0);
  return [
    '',
    `${calls} calls in ${seconds} s, ${count} kills with seed ${seed}: ${Object.entries(kills)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ')}`,
    `All was recorded and delivered ${shown(settledSeconds)} s after the last call; calls still open: ${shown(openAfterwards, 0)}.`,
    verdict ? `The history checker: ${renderVerdict(verdict)}` : 'The history was not checked.',
  ];
}

function parts(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
