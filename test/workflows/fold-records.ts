/** What a database makes of the records of a call, without the times. */
import type { Turn } from '../../workflows/contract.ts';
import type { CallEventBody } from '../../workflows/events.ts';

export interface FinalRecord {
  status: 'created' | 'queued' | 'ringing' | 'answered' | 'ended';
  callSid?: string;
  greeting?: string;
  endReason?: string;
  durationSeconds?: number;
  turns: Record<number, Omit<Turn, 'heardAt' | 'repliedAt'>>;
}

export function foldRecords(events: CallEventBody[]): FinalRecord {
  const row: FinalRecord = { status: 'created', turns: {} };
  for (const event of events) apply(row, event);
  return row;
}

function apply(row: FinalRecord, event: CallEventBody): void {
  switch (event.type) {
    case 'call.created':
      return;
    case 'call.queued':
    case 'call.ringing':
      row.status = event.type === 'call.queued' ? 'queued' : 'ringing';
      row.callSid = event.callSid;
      return;
    case 'call.answered':
      row.status = 'answered';
      row.callSid = event.callSid;
      row.greeting = event.greeting;
      return;
    case 'call.turn.completed': {
      row.turns[event.position] = withoutTimes(event.turn);
      return;
    }
    case 'call.degraded':
      return;
    case 'call.ended':
      row.status = 'ended';
      row.endReason = event.reason;
      if (event.callSid !== undefined) row.callSid = event.callSid;
      if (event.durationSeconds !== undefined) row.durationSeconds = event.durationSeconds;
  }
}

export function withoutTimes(turn: Turn): Omit<Turn, 'heardAt' | 'repliedAt'> {
  const { heardAt: _heardAt, repliedAt: _repliedAt, ...rest } = turn;
  return rest;
}

const STAGES = ['call.created', 'call.queued', 'call.ringing', 'call.answered'];

/** What is wrong with the order of the records of one call; nothing when all is well. */
export function faultsOf(events: CallEventBody[]): string[] {
  const types = events.map((event) => event.type);
  const faults: string[] = [];
  if (types[0] !== 'call.created') faults.push('not created first');
  for (const once of [...STAGES, 'call.ended']) {
    if (types.filter((type) => type === once).length > 1) faults.push(`${once} twice`);
  }
  const stages = types.map((type) => STAGES.indexOf(type)).filter((stage) => stage >= 0);
  if (stages.some((stage, i) => stage < (stages[i - 1] ?? 0))) faults.push('stages out of order');
  const end = types.indexOf('call.ended');
  if (end >= 0 && types.slice(end).some((type) => STAGES.includes(type))) {
    faults.push('went on after the end');
  }
  return [...faults, ...degradedFaults(events)];
}

/** A turn that was answered by a fallback or an apology is followed by an event that says so. */
function degradedFaults(events: CallEventBody[]): string[] {
  return events.flatMap((event, i) => {
    const before = events[i - 1];
    if (event.type === 'call.degraded') {
      const isOfIt = before?.type === 'call.turn.completed' && before.turn.key === event.turnKey;
      return isOfIt && isDegraded(before.turn) ? [] : ['degraded without its turn'];
    }
    if (event.type !== 'call.turn.completed' || event.turn.status !== 'answered') return [];
    const isTold = events[i + 1]?.type === 'call.degraded';
    return isTold === isDegraded(event.turn) ? [] : [`turn ${event.turn.key} is told wrongly`];
  });
}

function isDegraded({ replySource, tries = [] }: Turn): boolean {
  return replySource === 'apology' || tries.at(0)?.model !== tries.at(-1)?.model;
}
