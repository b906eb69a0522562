/** Figures of streams of audio. */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { SessionEnd } from '../../workflows/stream-contract.ts';
import { registry, seconds } from './registry.ts';

const REFUSALS = [
  'signature',
  'leaving',
  'format',
  'account',
  'token',
  'used',
  'unavailable',
] as const;
const ENDS: SessionEnd['why'][] = ['stopped', 'lost', 'moved', 'speech-failed', 'refused'];
const ABUSES = [
  ...['no-start', 'crowd', 'order', 'binary', 'garbage'],
  ...['too-large', 'flood', 'backlog'],
] as const;

/** Why a stream was not let in. `used`: its call's workflow does not wait for it. */
export type StreamRefusal = (typeof REFUSALS)[number];

const live = new Gauge({
  name: 'voca_media_streams',
  help: 'Streams of audio that this process carries',
  registers: [registry],
});
const refused = new Counter({
  name: 'voca_media_streams_refused_total',
  help: 'Streams that were not let in, by the reason',
  labelNames: ['reason'] as const,
  registers: [registry],
});
const ended = new Counter({
  name: 'voca_media_streams_ended_total',
  help: 'Streams that are over, by the reason',
  labelNames: ['reason'] as const,
  registers: [registry],
});
const abused = new Counter({
  name: 'voca_media_sockets_closed_total',
  help: 'Sockets that were closed because of what came over them, by the reason',
  labelNames: ['reason'] as const,
  registers: [registry],
});
const dropped = new Counter({
  name: 'voca_media_frames_dropped_total',
  help: "Pieces of callers' audio that came twice or too late",
  registers: [registry],
});
const lateness = new Histogram({
  name: 'voca_media_beat_lateness_seconds',
  help: 'How late the beat of 20 ms was that all streams of this process share',
  buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
  registers: [registry],
});
const underruns = new Counter({
  name: 'voca_media_underruns_total',
  help: 'Gaps within what the assistant said, by the reason: starved (no audio was there), late (this process was), line',
  labelNames: ['reason'] as const,
  registers: [registry],
});
const gaps = new Counter({
  name: 'voca_media_underrun_seconds_total',
  help: 'The length of these gaps',
  registers: [registry],
});
// An alert on an increase needs to have seen the zero.
for (const reason of REFUSALS) refused.labels(reason).inc(0);
for (const reason of ENDS) ended.labels(reason).inc(0);
for (const reason of ABUSES) abused.labels(reason).inc(0);

export const countMediaStreams = (count: number): void => live.set(count);
export const countRefusedStream = (reason: StreamRefusal): void => refused.labels(reason).inc();
export const countEndedStream = ({ why }: SessionEnd): void => ended.labels(why).inc();
export const countClosedSocket = (reason: (typeof ABUSES)[number]): void =>
  abused.labels(reason).inc();
export const countDroppedFrames = (count: number): void => dropped.inc(count);
export const observeBeat = (lateMs: number): void => lateness.observe(seconds(lateMs));

export function countUnderrun(reason: 'starved' | 'late' | 'line', gapMs: number): void {
  underruns.labels(reason).inc();
  gaps.inc(seconds(gapMs));
}
