/** How long each part of an answer over a stream took, from the end of the caller's voice. */
import { Histogram, Summary } from 'prom-client';
import type { TurnTimings } from '../../workflows/contract.ts';
import { registry, seconds } from './registry.ts';

const STAGES: readonly [keyof TurnTimings, string][] = [
  ['recognisedMs', 'recognised'],
  ['committedMs', 'committed'],
  ['firstTokenMs', 'first_token'],
  ['firstAudioMs', 'first_audio'],
  ['heardMs', 'heard'],
];
/** Each has its own series: there may be no end of assistants. */
const MAX_ASSISTANTS = 100;
const OTHERS = 'other';

const stages = new Histogram({
  name: 'voca_stream_turn_seconds',
  help: "From the end of the caller's voice to each stage of the answer",
  labelNames: ['stage'] as const,
  buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10],
  registers: [registry],
});
const byAssistant = new Summary({
  name: 'voca_stream_turn_assistant_seconds',
  help: 'The same by assistant, of the last ten minutes',
  labelNames: ['assistant', 'stage'] as const,
  percentiles: [0.5, 0.95, 0.99],
  maxAgeSeconds: 600,
  ageBuckets: 5,
  registers: [registry],
});
const known = new Set<string>();

/** A stage that did not come is not counted. */
export function observeTurn(assistantId: string, timings: TurnTimings): void {
  const assistant = labelOf(assistantId);
  for (const [name, stage] of STAGES) {
    const ms = timings[name];
    if (ms === undefined) continue;
    stages.observe({ stage }, seconds(ms));
    byAssistant.observe({ assistant, stage }, seconds(ms));
  }
}

function labelOf(assistantId: string): string {
  if (known.has(assistantId)) return assistantId;
  if (known.size >= MAX_ASSISTANTS) return OTHERS;
  known.add(assistantId);
  return assistantId;
}
