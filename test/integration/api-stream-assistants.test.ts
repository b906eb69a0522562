/** Assistants in mode stream over the API: their settings, and how quickly they answer. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCallRecords } from '../../src/db/call-records.ts';
import { find } from '../../src/db/assistants.ts';
import { softDelete } from '../../src/db/calls.ts';
import { inWorkspace } from '../../src/db/scope.ts';
import { newId } from '../../src/ids.ts';
import type { Turn } from '../../workflows/contract.ts';
import { numbered, turn } from './support/database.ts';
import type { ApiBench, ApiProcess } from './support/api.ts';
import { openApiBench } from './support/api.ts';

const LEAST = { name: 'Anna', instructions: 'Take orders.' };
const UNUSUAL = {
  recognition: [
    { provider: 'deepgram', model: 'nova-3' },
    { provider: 'openai', model: null },
  ],
  speech: [{ provider: 'elevenlabs', model: null, voice: 'Rachel' }],
  endpointing: {
    after_punctuation_ms: 250,
    without_punctuation_ms: 900,
    after_digits_ms: 0,
    longest_ms: 4_000,
  },
  interruption: {
    allowed: false,
    min_words: 3,
    min_voice_ms: 0,
    ignored: ['mhm'],
    always: [],
    back_off_ms: 700,
  },
  filler: { after_ms: 1_500, every_ms: 4_000, phrases: [] },
  bridge: 'Back again, {{name}}.',
};

let bench: ApiBench;
let api: ApiProcess;
let workspaceId: string;
let key: string;
beforeAll(async () => {
  bench = await openApiBench();
  api = await bench.start();
  workspaceId = await bench.workspace();
  key = await bench.key(workspaceId);
});
afterAll(() => bench.close());

type Body = Record<string, unknown> & { id: string };
const create = async (more: object = {}) => {
  const made = await api.ask<Body>('/v1/assistants', { key, body: { ...LEAST, ...more } });
  expect(made.status).toBe(201);
  return made.body;
};
const patch = (id: string, body: object) =>
  api.ask<Body>(`/v1/assistants/${id}`, { key, method: 'PATCH', body });
const stored = (id: string) =>
  inWorkspace(
    bench.db,
    workspaceId,
    'Looking',
    async (scope) => (await find(scope, id))?.assistant,
  );

describe('the mode of an assistant', () => {
  test('is gather until it is said otherwise, with everything of streams as usual', async () => {
    const made = await create();
    expect(made).toMatchObject({
      mode: 'gather',
      stream: {
        recognition: null,
        speech: null,
        endpointing: { after_punctuation_ms: null, longest_ms: null },
        interruption: { allowed: null, ignored: null },
        filler: { after_ms: null, phrases: null },
        bridge: null,
      },
    });
    const kept = await stored(made.id);
    expect(kept).not.toHaveProperty('mode');
    expect(kept).not.toHaveProperty('stream');
  });

  test('brings its settings to the call as they were given, and shows them again', async () => {
    const made = await create({ mode: 'stream', stream: UNUSUAL });
    expect(made).toMatchObject({ mode: 'stream', stream: UNUSUAL });
    expect((await api.ask<Body>(`/v1/assistants/${made.id}`, { key })).body).toEqual(made);
    expect(await stored(made.id)).toMatchObject({
      mode: 'stream',
      stream: {
        recognition: [{ provider: 'deepgram', model: 'nova-3' }, { provider: 'openai' }],
        speech: [{ provider: 'elevenlabs', voice: 'Rachel' }],
        endpointing: {
          afterPunctuation: 250,
          withoutPunctuation: 900,
          afterDigits: 0,
          longest: 4_000,
        },
        interruption: {
          allowed: false,
          minWords: 3,
          minVoice: 0,
          ignored: ['mhm'],
          always: [],
          backOff: 700,
        },
        filler: { after: 1_500, every: 4_000, phrases: [] },
        bridge: 'Back again, {{name}}.',
      },
    });
  });

  test('is patched field by field; null goes back to the usual', async () => {
    const { id } = await create({ mode: 'stream', stream: UNUSUAL });
    const changed = await patch(id, {
      stream: {
        speech: null,
        endpointing: { longest_ms: null, after_digits_ms: 1_000 },
        filler: null,
      },
    });
    expect(changed.status).toBe(200);
    expect(changed.body['stream']).toEqual({
      ...UNUSUAL,
      speech: null,
      endpointing: { ...UNUSUAL.endpointing, longest_ms: null, after_digits_ms: 1_000 },
      filler: { after_ms: null, every_ms: null, phrases: null },
    });
    expect((await patch(id, { mode: null })).body['mode']).toBe('gather');
    await patch(id, { stream: null });
    expect(await stored(id)).not.toHaveProperty('stream');
  });

  test.each([
    ['/mode', { mode: 'video' }],
    ['/stream/endpointing/longest_ms', { stream: { endpointing: { longest_ms: 1 } } }],
    ['/stream/endpointing/after_digits_ms', { stream: { endpointing: { after_digits_ms: -1 } } }],
    ['/stream/interruption/min_words', { stream: { interruption: { min_words: 1.5 } } }],
    ['/stream/speech', { stream: { speech: [] } }],
    ['/stream/recognition/0/provider', { stream: { recognition: [{ provider: 'A b' }] } }],
    ['/stream/recognition/0/provider', { stream: { recognition: [{ provider: 'local' }] } }],
    [
      '/stream/speech/1/provider',
      { stream: { speech: [{ provider: 'demo' }, { provider: 'x' }] } },
    ],
    ['/stream/bridge', { stream: { bridge: 'Hello {{' } }],
    ['/stream/voice', { stream: { voice: 'x' } }],
  ])('is refused at %s', async (pointer, more) => {
    const made = await api.ask<Body>('/v1/assistants', { key, body: { ...LEAST, ...more } });
    expect(made.status).toBe(422);
    expect(made.body['errors']).toEqual([expect.objectContaining({ pointer })]);
    const { id } = await create();
    expect((await patch(id, more)).status).toBe(422);
  });
});

describe('how quickly an assistant answers', () => {
  /** A call of `assistantId` that began so many days ago, with turns that were heard after `ms` each. */
  async function record(assistantId: string, daysAgo: number, heardMs: (number | undefined)[]) {
    const callId = newId('call');
    const timings = (ms: number | undefined): Partial<Turn> =>
      ms === undefined ? {} : { timings: { heardMs: ms, committedMs: 400 } };
    const call = {
      ...{ direction: 'inbound' as const, accountSid: 'AC1', callSid: `CA${callId}` },
      ...{ from: '+15005550001', to: '+15005550006' },
    };
    const assistant = { id: assistantId, version: 1, workspaceId };
    const events = numbered(
      { type: 'call.created', call, assistant },
      ...heardMs.map((ms, index) => turn(index + 1, timings(ms))),
    );
    const at = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
    const records = createCallRecords(bench.db, bench.owner);
    await records.record({ callId, events: events.map((event) => ({ ...event, at })) });
    return callId;
  }

  test('is told in percentiles of its own calls of the last days', async () => {
    const { id } = await create({ mode: 'stream' });
    const { id: other } = await create({ mode: 'stream' });
    const hundred = Array.from({ length: 100 }, (_, index) => 10 * (index + 1));
    const callId = await record(id, 1, hundred);
    await record(id, 10, [50_000]);
    await record(other, 1, [90_000]);
    await record(id, 2, [undefined]);
    const path = `/v1/assistants/${id}/latency`;
    const { body } = await api.ask<Body>(path, { key });
    const none = { count: 0, p50: null, p95: null, p99: null };
    expect(body).toEqual({
      object: 'assistant_latency',
      assistant_id: id,
      days: 7,
      turns: 100,
      recognised_ms: none,
      committed_ms: { count: 100, p50: 400, p95: 400, p99: 400 },
      first_token_ms: none,
      first_audio_ms: none,
      heard_ms: { count: 100, p50: 505, p95: 951, p99: 990 },
    });
    const longer = await api.ask<Body>(`${path}?days=30`, { key });
    expect(longer.body).toMatchObject({ days: 30, turns: 101 });
    await inWorkspace(bench.db, workspaceId, 'Hiding', (scope) => softDelete(scope, callId));
    expect((await api.ask<Body>(path, { key })).body['turns']).toBe(0);
  });

  test('is for whoever may read calls, of his own workspace', async () => {
    const { id } = await create();
    const path = `/v1/assistants/${id}/latency`;
    const reader = await bench.key(workspaceId, ['calls:read']);
    expect((await api.ask(path, { key: reader })).status).toBe(200);
    const writer = await bench.key(workspaceId, ['assistants:write']);
    expect((await api.ask(path, { key: writer })).status).toBe(403);
    const stranger = await bench.key(await bench.workspace());
    expect((await api.ask(path, { key: stranger })).status).toBe(404);
    expect((await api.ask(`${path}?days=0`, { key })).status).toBe(422);
    expect((await api.ask(`${path}?days=91`, { key })).status).toBe(422);
  });
});
