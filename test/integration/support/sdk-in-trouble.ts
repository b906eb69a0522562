/**
 * Metrics of Temporal's SDK that appear only when something has gone wrong, provoked in a worker of
 * this process: a call that has fallen out of a small cache, and an answer that comes too late.
 */
import { randomBytes } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../../../activities/index.ts';
import { CallGateway } from '../../../src/call-gateway.ts';
import type { WebhookCall } from '../../../src/call-gateway.ts';
import { createLogger } from '../../../src/log.ts';
import { temporalLogger } from '../../../src/log-temporal.ts';
import { installRuntime, sdkMetrics } from '../../../src/metrics/sdk-metrics.ts';
import { demoAssistant } from '../../../src/orchestrator/index.ts';
import { linkToTemporal } from '../../../src/temporal/connection.ts';
import { stack } from '../stack.ts';
import { eventually } from './eventually.ts';
import { CALLER, OUR_NUMBER } from './voca.ts';

/** @returns what the core of this process tells in the end. */
export async function sdkMetricsInTrouble(): Promise<string> {
  const { temporalAddress: address, namespace, workflowBundlePath } = stack();
  const log = createLogger({ level: 'silent', role: 'test' });
  await installRuntime({ logger: temporalLogger(log), shutdownSignals: [] }, log);
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const link = linkToTemporal({ address, namespace });
  const connection = await NativeConnection.connect({ address });
  const model = slowModel();
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: { codePath: workflowBundlePath },
    activities: activitiesWith(model),
    maxCachedWorkflows: 1,
  });
  const finished = worker.run();
  const gateway = new CallGateway(link.client, { taskQueue });
  try {
    const calls = ['first', 'second', 'third', 'fourth'].map(callNamed);
    for (const call of calls) await gateway.begin(call);
    // Each throws another one out of the cache, which holds two at least.
    for (const call of calls) await gateway.hear(call, '1', { kind: 'silence' });
    const [first = callNamed('none')] = calls;
    const waiting = gateway.hear(first, '2', { kind: 'speech', text: 'hello' });
    await model.isAsked;
    for (const { callId } of calls) {
      await link.client.workflow.getHandle(callId).terminate('only to be seen');
    }
    model.answer(); // nobody wants it any more
    await waiting.catch(() => undefined);
    return await eventually(async () => {
      const text = await sdkMetrics();
      if (!text.includes('request_failure')) throw new Error('no request has failed yet');
      return text;
    });
  } finally {
    worker.shutdown();
    await finished;
    await Promise.all([connection.close(), link.close()]);
  }
}

function slowModel() {
  let asked = (): void => undefined;
  let answer = (): void => undefined;
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const answered = new Promise<void>((resolve) => (answer = resolve));
  return {
    isAsked,
    answer: () => answer(),
    reply: async () => {
      asked();
      await answered;
      return { text: 'At last.', end: false, model: 'slow' };
    },
  };
}

function activitiesWith(model: ReturnType<typeof slowModel>) {
  const assistant = { id: 'asst_test', version: 1, ...demoAssistant };
  const unused = async () => undefined;
  return createActivities({
    orchestrator: {
      ready: unused,
      generateReply: model.reply,
      summarize: async () => ({ text: 'Nothing.', model: 'slow' }),
    },
    carrier: {
      placeCall: async () => ({ outcome: 'unclear' }),
      fetchCall: unused,
      findCall: unused,
      hangUp: unused,
      redirect: async () => false,
    },
    assistants: { findById: async () => assistant, findByNumber: async () => assistant },
    assistantRequests: { ask: unused },
    records: { record: unused },
  });
}

function callNamed(name: string): WebhookCall {
  return {
    callId: `call_observed${name}${randomBytes(8).toString('hex')}`,
    callSid: `CA${randomBytes(16).toString('hex')}`,
    accountSid: `AC${'1'.repeat(32)}`,
    direction: 'inbound',
    from: CALLER,
    to: OUR_NUMBER,
  };
}
