/** The activity that stands for a stream, on a real Temporal: when it hangs up, and when it must not. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LiveStreams } from '../../src/media/live-streams.ts';
import { createMediaActivityWorker } from '../../src/media/media-worker.ts';
import { createMediaActivities } from '../../src/media/session-activity.ts';
import type { Session } from '../../src/media/session-port.ts';
import { linkToTemporal } from '../../src/temporal/connection.ts';
import type { TemporalLink } from '../../src/temporal/connection.ts';
import type { SessionEnd } from '../../workflows/stream-contract.ts';
import { stack } from './stack.ts';
import { eventually } from './support/eventually.ts';
import { quietRuntime } from './support/voca.ts';
import { watchStream } from './support/watch-stream.ts';

const taskQueue = `voca-media-test-${randomBytes(6).toString('hex')}`;
const streams = new LiveStreams();
let link: TemporalLink;
let connection: NativeConnection;
let workers: Worker[];
let running: Promise<unknown>;

beforeAll(async () => {
  quietRuntime();
  const { temporalAddress: address, namespace } = stack();
  link = linkToTemporal({ address, namespace });
  connection = await NativeConnection.connect({ address });
  const config = {
    temporal: { address, namespace, tls: false },
    rest: { secretKeys: [], logLevel: 'info' as const },
  };
  const activities = createMediaActivities(streams);
  workers = [
    await createMediaActivityWorker(connection, config, taskQueue, activities),
    await Worker.create({
      connection,
      namespace,
      taskQueue: `${taskQueue}-workflows`,
      workflowsPath: join(import.meta.dirname, 'support', 'watch-stream.ts'),
    }),
  ];
  running = Promise.all(workers.map((worker) => worker.run()));
});
afterAll(async () => {
  for (const worker of workers) worker.shutdown();
  await running;
  await Promise.all([connection.close(), link.close()]);
});

class Scripted implements Session {
  readonly asked: string[] = [];
  end: (end: SessionEnd) => void = () => undefined;
  readonly ended = new Promise<SessionEnd>((resolve) => (this.end = resolve));

  hangUp(): void {
    this.asked.push('hangUp');
    this.end({ why: 'stopped' });
  }

  move(): void {
    this.asked.push('move');
    this.end({ why: 'moved' });
  }
}

/** A stream that is open, and a workflow that looks after it. */
async function watched() {
  const id = { callId: `call_${randomBytes(13).toString('hex')}`, stream: 1, streamSid: 'MZ1' };
  const live = streams.add(id);
  const session = new Scripted();
  live.opened(session);
  return { id, live, session, workflow: await start(id) };
}

const start = (id: { callId: string; stream: number; streamSid: string }) =>
  link.client.workflow.start(watchStream, {
    workflowId: `watch-${randomBytes(6).toString('hex')}`,
    taskQueue: `${taskQueue}-workflows`,
    args: [taskQueue, { ...id, callSid: 'CA1' }],
  });

describe('the activity of a stream', () => {
  test('lives as long as the stream and says why it is over, also when it comes late', async () => {
    const { id, live, session, workflow } = await watched();
    await eventually(() => expect(live.watchers).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 3_000)); // longer than a silent heart may
    expect(live.watchers).toBe(1);
    session.end({ why: 'speech-failed' });
    expect(await workflow.result()).toEqual({ why: 'speech-failed' });
    expect(await (await start(id)).result()).toEqual({ why: 'speech-failed' });
  });

  test('hangs up when it is cancelled', async () => {
    const { live, session, workflow } = await watched();
    await eventually(() => expect(live.watchers).toBe(1));
    await workflow.cancel();
    expect(await live.ended).toEqual({ why: 'stopped' });
    expect(session.asked).toEqual(['hangUp']);
    expect(await workflow.result()).toEqual({ why: 'stopped' });
  });

  test('whose workflow is gone hangs up, but not at once: another attempt may take it over', async () => {
    const { id, live, session, workflow } = await watched();
    await eventually(() => expect(live.watchers).toBe(1));
    await workflow.terminate('it is lost');
    await eventually(() => expect(live.watchers).toBe(0), { withinMs: 15_000 });
    expect(session.asked).toEqual([]);
    const next = await start(id);
    await eventually(() => expect(live.watchers).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    expect(session.asked).toEqual([]); // it is watched over again
    await next.terminate('this one is lost, too');
    expect(await live.ended).toEqual({ why: 'stopped' });
    expect(session.asked).toEqual(['hangUp']);
  });

  test('of a stream that is not here has lost it', async () => {
    const nobody = { callId: 'call_of_nobody', stream: 1, streamSid: 'MZ1' };
    expect(await (await start(nobody)).result()).toEqual({ why: 'lost' });
  });
});
