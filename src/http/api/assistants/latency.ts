import { z } from 'zod';
import * as assistants from '../../../db/assistants.ts';
import { latencyOf } from '../../../db/latency.ts';
import type { Percentiles } from '../../../db/latency.ts';
import type { Database } from '../../../db/pool.ts';
import { idField } from '../frame/fields.ts';
import { notFound } from '../frame/problems.ts';
import { addRoute } from '../frame/route.ts';
import type { ApiApp } from '../frame/route.ts';

const DAY_MS = 86_400_000;

const ms = z.int().nullable();
const percentiles = z.object({
  count: z.int().min(0),
  p50: ms,
  p95: ms,
  p99: ms,
});
const stage = (description: string) => percentiles.meta({ description });

const latencySchema = z
  .object({
    object: z.literal('assistant_latency'),
    assistant_id: idField('asst'),
    days: z.int(),
    turns: z.int().min(0).meta({ description: 'So many were measured' }),
    recognised_ms: stage('The recogniser had its last words'),
    committed_ms: stage('It was decided that the caller had ended'),
    first_token_ms: stage("The model's first word was there"),
    first_audio_ms: stage('The first piece of speech was there'),
    heard_ms: stage('The caller began to hear the answer'),
  })
  .meta({ id: 'AssistantLatency' });

export function assistantLatencyRoute(app: ApiApp, db: Database): void {
  addRoute(app, db, {
    method: 'GET',
    path: '/assistants/:id/latency',
    name: 'getAssistantLatency',
    summary: 'How quickly an assistant answers over streams of audio',
    description:
      "Percentiles in milliseconds since the caller's voice ended, of the newest calls of the last `days`.",
    tag: 'assistants',
    scope: 'calls:read',
    params: z.object({ id: idField('asst') }),
    query: z.strictObject({ days: z.coerce.number().int().min(1).max(90).default(7) }),
    answer: [200, latencySchema],
    handle: async ({ params: { id }, query: { days }, inWorkspace }) =>
      inWorkspace('Measuring an assistant', async (scope) => {
        if (!(await assistants.find(scope, id))) throw notFound();
        const since = new Date(Date.now() - days * DAY_MS);
        const { turns, timings } = await latencyOf(scope, id, since);
        return {
          object: 'assistant_latency' as const,
          assistant_id: id,
          days,
          turns,
          recognised_ms: shown(timings.recognisedMs),
          committed_ms: shown(timings.committedMs),
          first_token_ms: shown(timings.firstTokenMs),
          first_audio_ms: shown(timings.firstAudioMs),
          heard_ms: shown(timings.heardMs),
        };
      }),
  });
}

function shown({ count, p50, p95, p99 }: Percentiles): z.output<typeof percentiles> {
  return { count, p50: p50 ?? null, p95: p95 ?? null, p99: p99 ?? null };
}
