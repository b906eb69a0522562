/** A media worker by script: it looks after sessions as the real one does, and has no sockets. */
import { randomBytes } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { SessionEnd, SessionOrder } from '../../../workflows/stream-contract.ts';
import { stack } from '../stack.ts';

export interface MediaPeer {
  taskQueue: string;
  /** Every time that its activity began. */
  readonly orders: SessionOrder[];
  /** How often a session was hung up by the workflow. */
  readonly hangUps: number;
  /** Ends the session of this stream. */
  end(stream: number, why: SessionEnd['why']): void;
  /** Its hearts stop; new sessions are still begun. */
  stopHearts(): void;
  /** From now on nothing of it is heard any more. */
  die(): void;
  close(): Promise<void>;
}

const BEAT_MS = 300;

export interface PeerOptions {
  /** Of one that was there before: its own by default. */
  taskQueue?: string;
  /** So long ago, in milliseconds, every beat says that it was: as if Temporal heard nothing since. */
  beatsAgoMs?: number;
}

export async function startMediaPeer({
  taskQueue = `media-test-${randomBytes(6).toString('hex')}`,
  beatsAgoMs = 0,
}: PeerOptions = {}): Promise<MediaPeer> {
  const { temporalAddress: address, namespace } = stack();
  const orders: SessionOrder[] = [];
  const ends = new Map<number, (end: SessionEnd) => void>();
  const letGo: (() => void)[] = [];
  let hangUps = 0;
  /** Hearts that began before this do not beat. */
  let silenced = 0;
  const mediaSession = async (order: SessionOrder): Promise<SessionEnd> => {
    const context = Context.current();
    const number = orders.push(order);
    const beat = setInterval(() => {
      if (number > silenced) context.heartbeat(Date.now() - beatsAgoMs);
    }, BEAT_MS);
    const ended = new Promise<SessionEnd>((resolve) => ends.set(order.stream, resolve));
    const released = new Promise<SessionEnd>((resolve) => {
      letGo.push(() => resolve({ why: 'lost' }));
    });
    try {
      return await Promise.race([ended, released, context.cancelled]);
    } catch (error) {
      if (context.cancellationDetails?.cancelRequested) hangUps += 1;
      throw error;
    } finally {
      clearInterval(beat);
    }
  };
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities: { mediaSession },
    shutdownGraceTime: '1 minute', // one that is dead does not say that it gives its sessions up
    maxHeartbeatThrottleInterval: '200ms',
    defaultHeartbeatThrottleInterval: '200ms',
  });
  const finished = worker.run();
  const shutdown = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    taskQueue,
    orders,
    get hangUps() {
      return hangUps;
    },
    end: (stream, why) => ends.get(stream)?.({ why }),
    stopHearts: () => {
      silenced = orders.length;
    },
    die: () => {
      silenced = Infinity;
      shutdown();
    },
    close: async () => {
      shutdown();
      letGo.forEach((release) => release());
      await finished;
      await connection.close();
    },
  };
}
