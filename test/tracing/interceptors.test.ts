/** The header on its way: with messages to a workflow, through it, to its activities. */
import { describe, expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Headers } from '@temporalio/client';
import { TRACE_HEADER, TURN_HEADER } from '../../workflows/headers.ts';
import { interceptors } from '../../workflows/trace-interceptor.ts';
import { traceMessages } from '../../src/tracing/client-interceptor.ts';

const header = (text: string): Headers => ({
  [TRACE_HEADER]: defaultPayloadConverter.toPayload(text),
});
const textOf = (headers: Headers, name: string): unknown =>
  headers[name] && defaultPayloadConverter.fromPayload(headers[name]);

/** A workflow whose handlers schedule an activity when they are told to. */
function workflow() {
  const { inbound = [], outbound = [] } = interceptors();
  const [incoming] = inbound;
  const [outgoing] = outbound;
  const scheduled: { trace: unknown; turn: unknown; headers: Headers }[] = [];
  const schedule = () => {
    const input = { activityType: 'x', args: [], options: {}, headers: {}, seq: 1 };
    void outgoing?.scheduleActivity?.(input, async ({ headers }) => {
      scheduled.push({
        trace: textOf(headers, TRACE_HEADER),
        turn: textOf(headers, TURN_HEADER),
        headers,
      });
    });
  };
  const attributes = () => outgoing?.getLogAttributes?.({ workflowId: 'call_a' }, (given) => given);
  return {
    scheduled,
    schedule,
    attributes,
    start: (headers: Headers, work: () => void = () => undefined) =>
      incoming?.execute?.({ args: [], headers }, async () => work()),
    signal: (signalName: string, args: unknown[], headers: Headers, work: () => void = schedule) =>
      incoming?.handleSignal?.({ signalName, args, headers }, async () => work()),
    update: (name: string, args: unknown[], headers: Headers, work: () => void = schedule) =>
      incoming?.handleUpdate?.({ updateId: 'u', name, args, headers }, async () => work()),
  };
}

describe('a workflow hands on', () => {
  test('the trace and the turn of the words to the reply', async () => {
    const call = workflow();
    await call.signal('spoke', [{ key: '3-2', heard: { kind: 'silence' } }], header('words'));
    expect(call.scheduled).toMatchObject([{ trace: 'words', turn: '3-2' }]);
  });

  test('the trace and the turn of the webhook that waits', async () => {
    const call = workflow();
    await call.update('turn', ['4'], header('webhook'));
    expect(call.scheduled).toMatchObject([{ trace: 'webhook', turn: '4' }]);
  });

  test('the trace of the start to what it begins with', async () => {
    const call = workflow();
    await call.start(header('first'), call.schedule);
    expect(call.scheduled).toMatchObject([{ trace: 'first', turn: undefined }]);
  });

  test('the last trace, and no turn, to what no message causes', async () => {
    const call = workflow();
    await call.signal('spoke', [{ key: '1' }], header('words'), () => undefined);
    call.schedule();
    expect(call.scheduled).toMatchObject([{ trace: 'words', turn: undefined }]);
  });

  test('each message its own, also when one is handled within another', async () => {
    const call = workflow();
    await call.update('turn', ['1'], header('outer'), () => {
      void call.signal('status', [{}], header('inner'));
      call.schedule();
    });
    expect(call.scheduled).toMatchObject([
      { trace: 'inner', turn: undefined },
      { trace: 'outer', turn: '1' },
    ]);
  });

  test('nothing at all when nothing came', async () => {
    const call = workflow();
    await call.start({}, call.schedule);
    await call.signal('status', [{}], {});
    call.schedule();
    expect(call.scheduled.map(({ headers }) => headers)).toEqual([{}, {}, {}]);
  });

  test('no turn that is none', async () => {
    const call = workflow();
    await call.update('turn', ['my aardvark'], {});
    await call.signal('spoke', [undefined], {});
    expect(call.scheduled.map(({ headers }) => headers)).toEqual([{}, {}]);
  });

  test('the turn to its log lines while it handles one', async () => {
    const call = workflow();
    let within: unknown;
    await call.update('turn', ['7'], {}, () => (within = call.attributes()));
    expect(within).toEqual({ workflowId: 'call_a', turn: '7' });
    expect(call.attributes()).toEqual({ workflowId: 'call_a' });
  });

  test('a handler that throws leaves nothing behind', () => {
    const { inbound = [], outbound = [] } = interceptors();
    const failing = () =>
      inbound[0]?.handleUpdate?.({ updateId: 'u', name: 'turn', args: ['1'], headers: {} }, () => {
        throw new Error('at once');
      });
    expect(failing).toThrow('at once');
    expect(outbound[0]?.getLogAttributes?.({}, (given) => given)).toEqual({});
  });

  test('promises as they are: one more could change the order of a replay', () => {
    const { inbound = [], outbound = [] } = interceptors();
    const promise = Promise.resolve();
    const signal = { signalName: 'spoke', args: [{ key: '1' }], headers: {} };
    expect(inbound[0]?.handleSignal?.(signal, () => promise)).toBe(promise);
    const update = { updateId: 'u', name: 'turn', args: ['1'], headers: {} };
    expect(inbound[0]?.handleUpdate?.(update, () => promise)).toBe(promise);
    expect(inbound[0]?.execute?.({ args: [], headers: {} }, () => promise)).toBe(promise);
    const activity = { activityType: 'x', args: [], options: {}, headers: {}, seq: 1 };
    expect(outbound[0]?.scheduleActivity?.(activity, () => promise)).toBe(promise);
  });
});

test('without a collector messages go as they are', async () => {
  const input = {
    signalName: 'spoke',
    args: [],
    workflowExecution: { workflowId: 'a' },
    headers: {},
  };
  let sent: unknown;
  await traceMessages.signal?.(input, async (given) => void (sent = given.headers));
  expect(sent).toBe(input.headers);
});
