/** Makes figures of a drill. Pure. */
import { inboundCallId } from '../../ids.ts';
import type { TruthEntry } from '../../simulator/index.ts';
import type { Machine } from '../report-lines.ts';
import { affectedBeginnings, affectedWaits } from './attribution.ts';
import type { Done } from './done.ts';
import { mediaFigures } from './media-figures.ts';
import {
  awayFigures,
  cutFigures,
  killFigures,
  longestWaits,
  undisturbedWaits,
  waitFigures,
} from './recovery-figures.ts';
import type { Judged, RecoveryFigures } from './recovery-figures.ts';
import { recoveryGoals } from './recovery-goals.ts';
import { beginningsOf, heldCallers, waitsOf } from './waits.ts';
import { workersOf } from './worker-of-call.ts';

export interface ToEvaluate {
  done: Done;
  truth: readonly TruthEntry[];
  accountSid: string;
  options: Pick<RecoveryFigures, 'seed' | 'calls' | 'thinkMs' | 'command' | 'sealed'>;
  /** What the assistant says first. */
  greeting: string;
  verdict: Judged | null;
  machine: Machine;
  interrupted: boolean;
}

export function evaluate({ done, truth, accountSid, options, greeting, ...rest }: ToEvaluate): {
  figures: RecoveryFigures;
  problems: string[];
} {
  const { kills, cuts, evidence, openAfterwards } = done;
  const { verdict, machine, interrupted } = rest;
  const waits = waitsOf(truth);
  const workerOf = workersOf(evidence?.histories ?? []);
  const callIdOf = (callSid: string) => inboundCallId(accountSid, callSid);
  const affected = [
    ...affectedWaits(waits, kills, (callSid, atMs) => workerOf(callIdOf(callSid), atMs)),
    ...affectedBeginnings(beginningsOf(truth, greeting), kills),
  ];
  const byKill = killFigures(affected);
  const away = done.away ? awayFigures(heldCallers(truth), done.away) : null;
  const media = done.media ? mediaFigures(done.media) : null;
  const spans = [...cuts, ...(done.away ? [done.away] : [])];
  const applicationErrors = truth.filter(
    (entry) => entry.kind === 'heard' && entry.source === 'error',
  ).length;
  const notBack = kills.filter(({ backAtMs }) => backAtMs === undefined).length;
  const problems = interrupted ? done.problems : [...done.problems, ...notDone(done)];
  const figures: RecoveryFigures = {
    benchmark: 'recovery',
    ...options,
    planned: done.planned,
    kills: kills.length,
    notBack,
    byKill,
    longest: longestWaits(affected, callIdOf),
    undisturbed: waitFigures(undisturbedWaits(waits, kills, spans)),
    cuts: cutFigures(waits, cuts),
    away,
    media,
    applicationErrors,
    openAfterwards: openAfterwards?.length ?? null,
    endedOtherwise: done.problems.length,
    verdict,
    goals: recoveryGoals({
      byKill,
      away,
      media,
      verdict,
      applicationErrors,
      openAfterwards: openAfterwards?.length ?? null,
    }),
    errors:
      applicationErrors +
      (openAfterwards?.length ?? 0) +
      notBack +
      (media?.notBack ?? 0) +
      problems.length +
      (verdict?.violations.length ?? 0),
    ...machine,
    interrupted,
  };
  return { figures, problems };
}

/** What nobody has seen cannot be good: each is a problem of a run that was not stopped. */
function notDone({ planned, kills, media, openAfterwards }: Done): string[] {
  const missing = planned - kills.length;
  const missingOfStreams = media ? media.planned - media.kills.length : 0;
  return [
    ...(missing > 0 ? [`${missing} of ${planned} kills were not done: nothing ran there`] : []),
    ...(missingOfStreams > 0 ? [`${missingOfStreams} kills under streams were not done`] : []),
    ...(openAfterwards ? [] : ['Temporal could not be asked which calls are still open']),
  ];
}
