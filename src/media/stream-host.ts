/**
 * Lets streams in and gives each to a session. Nobody who costs money is asked before the call's workflow has
 * said that it waits for this stream.
 */
import type { WebSocket } from 'ws';
import type { StreamBrief } from '../../workflows/stream-contract.ts';
import type { Log } from '../log.ts';
import {
  countClosedSocket,
  countDroppedFrames,
  countEndedStream,
  countRefusedStream,
} from '../metrics/media-metrics.ts';
import type { StreamRefusal } from '../metrics/media-metrics.ts';
import { StreamRefusedError } from '../stream-gateway.ts';
import type { StreamDoor } from '../stream-gateway.ts';
import { admit } from './admission.ts';
import type { Doorkeeper } from './admission.ts';
import type { LineEvent } from './line.ts';
import type { LiveStream, LiveStreams } from './live-streams.ts';
import { CLOSE } from './media-streams/guarded-socket.ts';
import { MediaStream } from './media-streams/media-stream.ts';
import type { StreamStart } from './media-streams/messages.ts';
import type { StreamLimits } from './media-streams/stream-limits.ts';
import type { OpenSession } from './session-port.ts';

export interface StreamHostOptions extends Doorkeeper {
  door: Pick<StreamDoor, 'attach'>;
  /** Of this process: where the activities of its streams run. */
  taskQueue: string;
  streams: LiveStreams;
  openSession: OpenSession;
  log: Log;
  limits?: Partial<StreamLimits>;
}

/**
 * Sockets that have not told which stream they are. A signature is the same for every upgrade, so
 * whoever has seen one can open sockets without end; streams of Twilio's tell at once.
 */
const MOST_STRANGERS = 500;

export class StreamHost {
  readonly #options: StreamHostOptions;
  /** Those that have not told which stream they are. */
  readonly #strangers = new Set<MediaStream>();
  #isLeaving = false;

  constructor(options: StreamHostOptions) {
    this.#options = options;
  }

  /**
   * Takes a socket over.
   * @param onKnown called when it has shown a token of ours
   */
  take(socket: WebSocket, onKnown: () => void = () => undefined): void {
    const { limits, log } = this.#options;
    const stream: MediaStream = new MediaStream(socket, {
      ...(limits && { limits }),
      onStart: (start) => {
        this.#strangers.delete(stream);
        void this.#letIn(stream, start, onKnown);
      },
      onAbuse: (reason) => {
        countClosedSocket(reason);
        log.warn('a socket was closed because of what came over it', { reason });
      },
      onDropped: countDroppedFrames,
    });
    for (const oldest of this.#strangers) {
      if (this.#strangers.size < MOST_STRANGERS) break;
      this.#strangers.delete(oldest);
      oldest.makeRoom();
    }
    this.#strangers.add(stream);
    void stream.ended.then(() => this.#strangers.delete(stream));
  }

  /** Nobody else comes in; those who are in stay. */
  leave(): void {
    this.#isLeaving = true;
    for (const stream of this.#strangers) stream.refuse(CLOSE.leaving);
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  async #letIn(stream: MediaStream, start: StreamStart, onKnown: () => void): Promise<void> {
    const { streams, door, taskQueue } = this.#options;
    const id = admit(start, this.#options);
    if (typeof id === 'string') return this.#refuse(stream, id);
    onKnown();
    const log = this.#options.log.child({ callId: id.callId, callSid: start.callSid });
    if (this.#isLeaving) return this.#refuse(stream, 'leaving', log);
    // The workflow answers a question of the same stream again; a second socket asks none.
    if (streams.find(id)) return this.#refuse(stream, 'used', log);
    const live = streams.add(id);
    this.#watch(live, stream, log);
    let brief: StreamBrief;
    try {
      const { callSid, streamSid } = start;
      brief = await door.attach(id.callId, { stream: id.stream, callSid, streamSid, taskQueue });
    } catch (error) {
      const isRefused = error instanceof StreamRefusedError;
      if (!isRefused) log.error('the workflow of a stream could not be asked', { error });
      live.over({ why: isRefused ? 'refused' : 'lost' });
      return this.#refuse(stream, isRefused ? 'used' : 'unavailable', log);
    }
    if (!live.isOver) this.#open(live, stream, brief, log);
  }

  #open(live: LiveStream, stream: MediaStream, brief: StreamBrief, log: Log): void {
    const fail = (error: unknown): void => {
      log.error('a session failed', { error });
      stream.refuse(CLOSE.failed);
      live.failed();
    };
    const { callId, stream: number } = live.id;
    try {
      const session = this.#options.openSession({
        callId,
        stream: number,
        brief,
        line: stream,
        listen: (listener) => stream.listen(guarded(listener, fail)),
        log,
      });
      live.opened(session);
      log.info('a stream is connected', { sequence: number });
    } catch (error) {
      fail(error);
    }
  }

  #watch(live: LiveStream, stream: MediaStream, log: Log): void {
    void stream.ended.then((why) => live.over({ why: why === 'stopped' ? 'stopped' : 'lost' }));
    void live.ended.then((end) => {
      countEndedStream(end);
      log.info('a stream is over', { reason: end.why, sequence: live.id.stream });
      stream.close();
    });
  }

  #refuse(stream: MediaStream, reason: StreamRefusal, log: Log = this.#options.log): void {
    countRefusedStream(reason);
    log.warn('a stream was refused', { reason });
    stream.refuse(CODES[reason] ?? CLOSE.refused);
  }
}

const CODES: Partial<Record<StreamRefusal, number>> = {
  leaving: CLOSE.leaving,
  unavailable: CLOSE.failed,
};

/** What a listener throws is no reason for this process to end. */
function guarded(
  listener: (event: LineEvent) => void,
  fail: (error: unknown) => void,
): (event: LineEvent) => void {
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      fail(error);
    }
  };
}
