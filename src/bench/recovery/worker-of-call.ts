/** Which worker a call was on, from the stored histories of its workflow. Pure. */
import type { HistoryEvent, StoredHistory } from '../../drill/index.ts';

interface Stay {
  atMs: number;
  pid: number;
}

/** @returns for a call id and a time the pid of the worker that completed its last task before. */
export function workersOf(
  histories: readonly StoredHistory[],
): (callId: string, atMs: number) => number | undefined {
  const stays = new Map<string, Stay[]>();
  for (const { callId, events } of histories) {
    const found = [...(stays.get(callId) ?? []), ...events.flatMap(stayOf)];
    stays.set(
      callId,
      found.toSorted((a, b) => a.atMs - b.atMs),
    );
  }
  return (callId, atMs) => stays.get(callId)?.findLast((stay) => stay.atMs <= atMs)?.pid;
}

/** Workers are known to Temporal as `PID@HOST`. */
function stayOf(event: HistoryEvent): Stay[] {
  const { workflowTaskCompletedEventAttributes: completed, eventTime } = event;
  const identity = (completed as { identity?: unknown } | undefined)?.identity;
  const pid = typeof identity === 'string' ? Number.parseInt(identity, 10) : NaN;
  const atMs = millisecondsOf(eventTime);
  return Number.isSafeInteger(pid) && atMs !== undefined ? [{ atMs, pid }] : [];
}

function millisecondsOf(time: unknown): number | undefined {
  const { seconds, nanos = 0 } = (time ?? {}) as { seconds?: string; nanos?: number };
  return seconds === undefined ? undefined : Number(seconds) * 1000 + nanos / 1e6;
}
