/** Histories are kept unsealed, whole, and as plain JSON. */
import { describe, expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { readRun } from '../../src/drill/run-history.ts';
import { fetchHistories } from '../../src/drill/stored-history.ts';

/** Turns every byte over. */
const codec: PayloadCodec = {
  encode: async (payloads) => payloads.map(turned),
  decode: async (payloads) => payloads.map(turned),
};

function turned({ data, metadata }: Payload): Payload {
  return { metadata: metadata ?? {}, data: (data ?? new Uint8Array()).map((byte) => byte ^ 0xff) };
}

async function sealed(value: unknown): Promise<Payload> {
  const [payload] = await codec.encode([defaultPayloadConverter.toPayload(value) ?? {}]);
  return payload ?? {};
}

type Events = temporal.api.history.v1.IHistoryEvent[];

/** A client that knows these runs of one workflow, of which it lists only the first. */
function clientWith(runs: Record<string, Events>): Client {
  const [first = ''] = Object.keys(runs);
  const client = {
    options: { loadedDataConverter: { payloadCodecs: [codec] } },
    workflow: {
      list: async function* () {
        yield { runId: first, startTime: new Date(0) };
      },
      getHandle: (_callId: string, runId: string) => ({
        fetchHistory: async () =>
          temporal.api.history.v1.History.create({ events: runs[runId] ?? [] }),
      }),
    },
  };
  return client as unknown as Client;
}

describe('a stored history', () => {
  test('is opened with the client’s codec, wherever a payload hangs', async () => {
    const say = { say: 'Decided words.' };
    const events: Events = [
      {
        eventId: 1 as never,
        workflowExecutionStartedEventAttributes: {
          input: { payloads: [await sealed({ callId: 'call_1' })] },
        },
      },
      {
        eventId: 2 as never,
        activityTaskScheduledEventAttributes: { activityType: { name: 'reply' } },
        userMetadata: { summary: await sealed('Reply to turn 3-2') },
      },
      {
        workflowExecutionUpdateAcceptedEventAttributes: {
          acceptedRequest: {
            meta: { updateId: 'turn-3' },
            input: { name: 'turn', args: { payloads: [await sealed('3')] } },
          },
        },
      },
      {
        workflowExecutionUpdateCompletedEventAttributes: {
          meta: { updateId: 'turn-3' },
          outcome: { success: { payloads: [await sealed(say)] } },
        },
      },
      {
        workflowExecutionCompletedEventAttributes: {
          result: { payloads: [await sealed({ endReason: 'busy' })] },
        },
      },
    ];
    const [history, ...others] = await fetchHistories(clientWith({ one: events }), 'call_1');
    expect(others).toEqual([]);
    // As it is after it was written and read.
    const run = readRun(JSON.parse(JSON.stringify(history)));
    expect(run).toMatchObject({
      callId: 'call_1',
      runId: 'one',
      input: { callId: 'call_1' },
      end: 'completed',
      result: { endReason: 'busy' },
      steps: [{ updateId: 'turn-3', key: '3', say: 'Decided words.' }],
      replies: [{ key: '3-2', outcome: 'open' }],
    });
  });

  test('goes on with the run that it was continued as, though nobody lists it yet', async () => {
    const next = 'two';
    const runs = {
      one: [{ workflowExecutionContinuedAsNewEventAttributes: { newExecutionRunId: next } }],
      two: [{ workflowExecutionCompletedEventAttributes: {} }],
    };
    const histories = await fetchHistories(clientWith(runs), 'call_1');
    expect(histories.map(({ runId }) => runId)).toEqual(['one', 'two']);
    expect(histories.map((each) => readRun(each).end)).toEqual(['continued', 'completed']);
  });
});
