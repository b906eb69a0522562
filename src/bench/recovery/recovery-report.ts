/** The figures of the recovery benchmark for a person. Pure. */
import { renderVerdict } from '../../drill/index.ts';
import { goalLines, goalsLine, machineLine, shown } from '../report-lines.ts';
import { mediaLines } from './media-figures.ts';
import type { RecoveryFigures, WaitFigures } from './recovery-figures.ts';

const HEAD = ['callers', 'first p50', 'p95', 'max', 'ans. p50', 'p95', 'max', 'none'];
const NAME_WIDTH = 54;

export function renderRecovery(figures: RecoveryFigures, problems: readonly string[]): string {
  const { seed, kills, planned, command, calls, thinkMs, byKill, cuts, away, verdict } = figures;
  const killRows = byKill.map((each) => {
    const whose = each.whose === undefined ? '' : `, ${each.whose}`;
    return row(`${each.victim} ${each.moment}${whose} (${each.kills} kills)`, each);
  });
  return [
    '',
    ...(figures.interrupted ? ['STOPPED EARLY: this is a part.'] : []),
    `${kills} of ${planned} planned kills with seed ${seed}, ${calls} calls at any time, the model thinks ${thinkMs} ms in mid-turn`,
    `Again: ${command}`,
    `What Temporal keeps is ${figures.sealed ? 'sealed' : 'not sealed'}.`,
    machineLine(figures),
    '',
    'What callers waited, in seconds, from the webhook with their words (without the pause by which',
    'a telephone notices that they have ended) to the first words (a filler or the answer) and to the',
    'answer; "none": asked to say it again, or not answered. Such a wait never ends, and counts so in the',
    'percentiles. First webhooks: to the first words and to the greeting.',
    wide('', HEAD),
    row('undisturbed', figures.undisturbed),
    ...killRows,
    ...cuts.map((each) => row(`${each.line} cut ${each.way}, ${each.seconds} s`, each)),
    ...(figures.longest.length > 0 ? ['The longest of those after a kill:'] : []),
    ...figures.longest.map(
      ({ callId, victim, moment, killedAfterMs, answerMs }) =>
        `  ${seconds(answerMs)} s ${victim} ${moment}, killed at ${seconds(killedAfterMs)} s of it: ${callId}`,
    ),
    ...(figures.notBack > 0 ? [`${figures.notBack} processes did not come back in time.`] : []),
    '',
    ...(away
      ? [
          `Temporal away for ${away.seconds} s with ${away.calls} live calls: ${away.waits.count} times something was waited for, ` +
            `p50 ${seconds(away.waits.p50)} s, p95 ${seconds(away.waits.p95)} s, longest ${seconds(away.waits.max)} s; ` +
            `${away.unheard} times nothing was heard; ${away.answeredAfter} of ${away.calls} were answered afterwards.`,
        ]
      : []),
    ...mediaLines(figures.media),
    `Twilio's error message was heard ${figures.applicationErrors} times; calls that did not end by their callers: ` +
      `${figures.endedOtherwise}; still open afterwards: ${shown(figures.openAfterwards, 0)}.`,
    '',
    verdict ? `The history checker: ${renderVerdict(verdict)}` : 'The history was not checked.',
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

function row(name: string, { callers, first, answer, notAnswered }: WaitFigures): string {
  return wide(name, [
    String(callers),
    ...[first.p50, first.p95, first.max, answer.p50, answer.p95, answer.max].map(seconds),
    String(notAnswered),
  ]);
}

function wide(name: string, values: readonly string[]): string {
  return name.padEnd(NAME_WIDTH) + values.map((each) => each.padStart(10)).join('');
}

function seconds(ms: number | null): string {
  if (ms === Infinity) return 'never';
  return ms === null ? '–' : (ms / 1000).toFixed(2);
}
