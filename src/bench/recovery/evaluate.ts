/** Makes figures of a drill. Pure. */
import { inboundCallId } from '../../ids.ts';
import type { TruthEntry } from '../../simulator/index.ts';
import type { Machine } from '../report-lines.ts';
import { affectedWaits } from './attribution.ts';
import type { Done } from './done.ts';
import {
  awayFigures,
  cutFigures,
  killFigures,
  longestWaits,
  recoveryGoals,
  undisturbedWaits,
  waitFigures,
} from './recovery-figures.ts';
import type { Judged, RecoveryFigures } from './recovery-figures.ts';
import { heldCallers, waitsOf } from './waits.ts';
import { workersOf } from './worker-of-call.ts';

export interface ToEvaluate {
  done: Done;
  truth: readonly TruthEntry[];
  accountSid: string;
  options: Pick<RecoveryFigures, 'seed' | 'calls' | 'thinkMs'>;
  verdict: Judged | null;
  machine: Machine;
  interrupted: boolean;
}

export function evaluate({ done, truth, accountSid, options, ...rest }: ToEvaluate): {
  figures: RecoveryFigures;
  problems: string[];
} {
  const { kills, cuts, evidence, openAfterwards } = done;
  const { verdict, machine, interrupted } = rest;
  const waits = waitsOf(truth);
  const workerOf = workersOf(evidence?.histories ?? []);
  const callIdOf = (callSid: string) => inboundCallId(accountSid, callSid);
  const affected = affectedWaits(waits, kills, (callSid, atMs) =>
    workerOf(callIdOf(callSid), atMs),
  );
  const byKill = killFigures(affected);
  const away = done.away ? awayFigures(heldCallers(truth), done.away) : null;
  const spans = [...cuts, ...(done.away ? [done.away] : [])];
  const applicationErrors = truth.filter(
    (entry) => entry.kind === 'heard' && entry.source === 'error',
  ).length;
  const figures: RecoveryFigures = {
    benchmark: 'recovery',
    ...options,
    kills: kills.length,
    notBack: kills.filter(({ backAtMs }) => backAtMs === undefined).length,
    byKill,
    longest: longestWaits(affected, callIdOf),
    undisturbed: waitFigures(undisturbedWaits(waits, kills, spans)),
    cuts: cutFigures(waits, cuts),
    away,
    applicationErrors,
    openAfterwards: openAfterwards?.length ?? null,
    endedOtherwise: done.problems.length,
    verdict,
    goals: recoveryGoals({
      byKill,
      away,
      verdict,
      applicationErrors,
      openAfterwards: openAfterwards?.length ?? null,
    }),
    errors:
      applicationErrors +
      (openAfterwards?.length ?? 0) +
      done.problems.length +
      (verdict?.violations.length ?? 0),
    ...machine,
    interrupted,
  };
  return { figures, problems: done.problems };
}
