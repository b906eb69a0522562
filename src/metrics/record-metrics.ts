/** Figures of turns and calls, taken from what is recorded of them. */
import { Counter, Histogram } from 'prom-client';
import type { Turn } from '../../workflows/contract.ts';
import type { CallEvent } from '../../workflows/events.ts';
import { registry, seconds } from './registry.ts';

/** Around the goals of a turn, the filler at 3.5 s, Twilio's 15 s and the reply's own end at 20 s. */
const TURN_BUCKETS = [
  0.02, 0.035, 0.08, 0.15, 0.3, 0.5, 0.75, 1, 1.5, 2, 3.5, 5, 8, 12, 15, 20, 30,
];
/** Soon behind the turn; minutes when the database was away. */
const LAG_BUCKETS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800];
const CALL_BUCKETS = [5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14_400];

const turnDuration = new Histogram({
  name: 'voca_turn_duration_seconds',
  help: 'From the words of the caller, as the workflow got them, to the decided answer',
  labelNames: ['source'] as const,
  buckets: TURN_BUCKETS,
  registers: [registry],
});
const turns = new Counter({
  name: 'voca_turns_total',
  help: 'Turns, by what became of them',
  labelNames: ['status'] as const,
  registers: [registry],
});
const callDuration = new Histogram({
  name: 'voca_call_duration_seconds',
  help: 'The length of calls, as Twilio counts it',
  buckets: CALL_BUCKETS,
  registers: [registry],
});
const recordLag = new Histogram({
  name: 'voca_record_lag_seconds',
  help: 'From something that happened in a call to its record in the database',
  buckets: LAG_BUCKETS,
  registers: [registry],
});

/**
 * Counts what was just written. A batch that was written but not reported (the worker died) comes
 * again and counts twice: figures are not the record.
 */
export function countRecorded(events: readonly CallEvent[], now = Date.now()): void {
  for (const event of events) {
    recordLag.observe(seconds(Math.max(0, now - Date.parse(event.at))));
    if (event.type === 'call.turn.completed') countTurn(event.turn);
    if (event.type === 'call.ended' && event.durationSeconds !== undefined) {
      callDuration.observe(event.durationSeconds);
    }
  }
}

function countTurn({ status, heardAt, repliedAt, replySource = 'script' }: Turn): void {
  turns.labels(status).inc();
  if (repliedAt === undefined || (status !== 'answered' && status !== 'unheard')) return;
  turnDuration.labels(replySource).observe(seconds(Date.parse(repliedAt) - Date.parse(heardAt)));
}
