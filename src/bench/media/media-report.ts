/** The figures of the benchmark of streams for a person. Pure. */
import {
  cells,
  goalLines,
  goalsLine,
  machineLine,
  shown,
  timesHead,
  timesRow,
} from '../report-lines.ts';
import { SILENCE_MS } from './delays.ts';
import type { MediaFigures, PhaseFigures } from './media-figures.ts';

export function renderMedia(figures: MediaFigures): string {
  const { delays, criticalPathMs, inSequenceMs, goals, phases } = figures;
  return [
    '',
    ...(figures.interrupted ? ['STOPPED EARLY: this is a part.'] : []),
    machineLine(figures),
    `Delays that are set: endpointing ${delays.endpointing} ms from the end of the voice, recogniser ${delays.recogniser} ms, ` +
      `model ${delays.model} ms, voice ${delays.voice} ms; a voice is over after ${SILENCE_MS} ms of silence.`,
    `They add up to ${inSequenceMs} ms; overlapping as they do, an answer takes ${criticalPathMs} ms at least.`,
    `Media workers: ${figures.workers}.`,
    '',
    ...phases.flatMap(phaseLines),
    `Memory of the media workers by streams while they talk: ${phases.map(({ streams, mediaWithGarbageMb }) => `${streams}: ${shown(mediaWithGarbageMb)} MB`).join(', ')};`,
    `without garbage, the last ones silent: ${shown(phases.at(-1)?.mediaMb ?? null)} MB, and when they have hung up: ${shown(figures.emptyMb)} MB`,
    '',
    ...goalLines(goals),
    '',
    goalsLine(goals),
    '',
  ].join('\n');
}

function phaseLines(phase: PhaseFigures): string[] {
  const { streams, seconds, turns, interruptions, errors, playback, worker, lateMs } = phase;
  const cpu = Object.entries(phase.cpuPerStreamMinute).map(
    ([part, s]) => `${part} ${s.toFixed(3)}`,
  );
  const steps = phase.steps.map(
    ({ name, p50, p95 }) => `${name} ${shown(p50, 0)}/${shown(p95, 0)}`,
  );
  const { beatLateMs } = worker;
  return [
    `${streams} streams, ${seconds} s: ${turns} turns, ${interruptions} interruptions, ${errors} errors; load ${shown(phase.load)}; callers speak with ${phase.voice}`,
    timesHead(),
    timesRow('end of voice to answer', phase.answer),
    timesRow('… over the delays', phase.overhead),
    timesRow('… beyond overlap', phase.beyondOverlap),
    timesRow('voice to clear', phase.clearAfterVoice),
    timesRow('first sound to clear', phase.clear),
    timesRow('first sound to silence', phase.silence),
    cells('playback', ['stale ms', 'underruns', 'of ms', 'lead p50', 'lead max']),
    cells('', [
      String(playback.staleMs),
      String(playback.underruns),
      String(playback.underrunMs),
      shown(playback.medianLeadMs, 0),
      String(playback.maxLeadMs),
    ]),
    `Frames of callers: ${playback.framesSent} sent, ${worker.droppedFrames} dropped by the workers. Timers late, ms: ` +
      `callers p99 ${shown(lateMs.p99)}, max ${shown(lateMs.max)}; workers' beat p95 ≤ ${shown(beatLateMs.p95, 0)}, p99 ≤ ${shown(beatLateMs.p99, 0)}`,
    `As the workers time it, ms p50/p95: ${steps.join(', ')}`,
    `CPU s a stream-minute: ${cpu.join(', ')}`,
    ...Object.entries(phase.problems).map(([problem, count]) => `  ${count} × ${problem}`),
    '',
  ];
}
