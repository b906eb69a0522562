/** The figures of the webhook benchmark for a person. Pure. */
import type { CpuCost } from './cpu-cost.ts';
import { goalLines, goalsLine, machineLine, shown, timesHead, timesRow } from './report-lines.ts';
import type { Kind } from './samples.ts';
import { KINDS } from './samples.ts';
import type { Summary } from './statistics.ts';
import type { AllParts, WebhookFigures } from './webhook-figures.ts';

const NAMES: Record<Kind, string> = { first: 'first webhook', turn: 'turn', status: 'status' };

export function renderReport(figures: WebhookFigures, problems: readonly string[]): string {
  const { bot, ratios, http, model } = figures;
  return [
    '',
    ...(figures.interrupted ? ['STOPPED EARLY: this is a part.'] : []),
    machineLine(figures),
    `What Temporal keeps is ${figures.sealed ? 'sealed' : 'not sealed'}.`,
    '',
    ...partLines(figures, figures.betweenMs),
    ...(figures.manyHistoryEventsPerTurn === null
      ? []
      : [
          `History events a turn: ${shown(figures.historyEventsPerTurn)} one at a time, ${shown(figures.manyHistoryEventsPerTurn)} many at once`,
        ]),
    '',
    ...(bot
      ? ['THE SAME WITH A BOT THAT KEEPS ITS CALLS IN MEMORY', ...partLines(bot, figures.betweenMs)]
      : []),
    ...(ratios
      ? [
          'VOCA over the bot: ' +
            `first p50 × ${shown(ratios.firstP50)}, turn p50 × ${shown(ratios.turnP50)}, ` +
            `turn p95 of many × ${shown(ratios.manyTurnP95)}, CPU × ${shown(ratios.cpuPerWebhook)}, ` +
            `webhooks a second × ${shown(ratios.perSecond, 2)}`,
          '',
        ]
      : []),
    timesHead(),
    timesRow('HTTP alone', http),
    timesRow('the model alone', model),
    '',
    ...goalLines(figures.goals),
    ...(problems.length > 0
      ? ['', 'What went wrong:', ...problems.map((each) => `  ${each}`)]
      : []),
    '',
    goalsLine(figures.goals),
    '',
  ].join('\n');
}

function partLines({ one, many, throughput, memory }: AllParts, betweenMs: number): string[] {
  const { calls, turns, pauseMs } = one;
  const lines = [
    `One call at a time, model instant: ${calls} calls of ${turns} turns, ${pauseMs} ms pause,`,
    `${betweenMs} ms from one call to the next`,
    ...timesTable(one, (kind) => one[kind].errors),
    cpuLine(one.cpuMsPerWebhook),
    '',
  ];
  if (many) {
    lines.push(
      `${many.calls} calls at once, ${many.turns} turns each, one every ${many.pauseMs} ms`,
      ...timesTable(many, (kind) => many[kind].errors),
      cpuLine(many.cpuMsPerWebhook),
      '',
    );
  }
  if (throughput) {
    const { callers, seconds, webhooks, perSecond, errors } = throughput;
    lines.push(
      `${callers} callers without a pause, ${seconds} s: ${webhooks} webhooks, ${perSecond} a second, ${errors} errors`,
      ...timesTable(throughput),
      cpuLine(throughput.cpuMsPerWebhook),
      '',
    );
  }
  if (memory) {
    const steps = memory.steps.map(
      ({ live, residentKb }) => `${live}: ${shown(residentKb / 1024)} MB`,
    );
    lines.push(
      `Memory by live calls, ${memory.turns || 'one to ten'} turns each: ${steps.join(', ')}`,
      `  ${shown(memory.kbPerCall)} kB a call: the slope after the first ${memory.warmUp}, which stay on the line`,
      `  ${shown(memory.firstKbPerCall)} kB a call: the first ${memory.warmUp}, what the processes' memory grows by once included`,
      '',
    );
  }
  return lines;
}

function timesTable(
  times: Record<Kind, Summary>,
  errors: (kind: Kind) => number | undefined = () => undefined,
): string[] {
  const rows = KINDS.map((kind) => timesRow(NAMES[kind], times[kind], String(errors(kind) ?? '')));
  return [timesHead(errors('first') === undefined ? '' : 'errors'), ...rows];
}

/** The load generator shares the processors with what it measures, so its share is told. */
function cpuLine(cost: CpuCost): string {
  const parts = Object.entries(cost).map(([part, ms]) => `${part} ${ms.toFixed(1)}`);
  const { generator = 0, total = 0 } = cost;
  const share = Math.round((100 * generator) / Math.max(generator + total, 1e-9));
  return `CPU ms a webhook: ${parts.join(', ')} (the load generator: ${share} % of all)`;
}
