/**
 * The door of media workers into Temporal: a stream is let in, and what happens over it is told to
 * the workflow of its call, in order, without anybody waiting for it.
 */
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type {
  AttachRequest,
  ShortStory,
  StreamBrief,
  StreamNews,
} from '../workflows/stream-contract.ts';
import {
  attachUpdate,
  shortStoryQuery,
  STREAM_REFUSED,
  streamSignal,
} from '../workflows/stream-contract.ts';
import type { Log } from './log.ts';
import { NewsQueue } from './news-queue.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';
import { inSpan } from './tracing/trace.ts';

/** The call's workflow does not let this stream in: a used token, another call, too late. */
export class StreamRefusedError extends Error {
  override readonly name = 'StreamRefusedError';
  readonly messageIsSafe = true;

  constructor() {
    super('The stream is not let in.');
  }
}

/** Temporal or its workers did not answer in time. The stream may have been let in. */
export class StreamUnavailableError extends Error {
  override readonly name = 'StreamUnavailableError';
  readonly messageIsSafe = true;

  constructor(cause?: unknown) {
    super('The workflow of the call did not answer in time.', { cause });
  }
}

/** Twilio's caller waits in silence. */
const ATTACH_MS = 4_000;
/** After so long a signal that is not taken is sent again. */
const SIGNAL_MS = 5_000;

/** Nobody waits for what was said long ago. */
const RECALL_MS = 5_000;

/** What a media session needs of the gateway. */
export interface StreamDoor {
  /**
   * Redeems a token. The same stream may ask again and gets the same answer. Takes up to 4 s.
   * @throws StreamRefusedError, StreamUnavailableError
   */
  attach(callId: string, request: AttachRequest): Promise<StreamBrief>;
  /** Returns at once and never throws; news of one call arrive in the order in which they are told. */
  tell(callId: string, news: StreamNews): void;
  /** Resolves when everything that was told of this call is taken, or is given up. */
  settled(callId: string): Promise<void>;
  /** The newest summary of the call. Never rejects; nothing when there is none, or after 5 s. */
  recall(callId: string): Promise<ShortStory | undefined>;
}

export class StreamGateway implements StreamDoor {
  readonly #client: Client;
  readonly #log: Log | undefined;
  /** Of every call that has something on its way. */
  readonly #queues = new Map<string, NewsQueue<StreamNews>>();
  #isClosed = false;

  constructor(client: Client, log?: Log) {
    this.#client = client;
    this.#log = log;
  }

  async attach(callId: string, request: AttachRequest): Promise<StreamBrief> {
    const { stream, streamSid, taskQueue } = request;
    const updateId = `attach-${stream}-${streamSid}-${taskQueue}`;
    const ask = () =>
      this.#client.workflow
        .getHandle(callId)
        .executeUpdate(attachUpdate, { args: [request], updateId });
    const brief = await inSpan('temporal attach', { kind: 'client', fields: { callId } }, () =>
      persist(this.#client, new Clock(ATTACH_MS), ask).catch((error: unknown) => {
        throw isRefusal(error) ? new StreamRefusedError() : new StreamUnavailableError(error);
      }),
    );
    if (brief === TIMED_OUT) throw new StreamUnavailableError();
    return brief;
  }

  tell(callId: string, news: StreamNews): void {
    if (this.#isClosed || this.#queueOf(callId).add(news)) return;
    this.#log?.error('news of a stream were dropped', { callId });
  }

  async settled(callId: string): Promise<void> {
    await this.#queues.get(callId)?.settled();
  }

  async recall(callId: string): Promise<ShortStory | undefined> {
    const ask = () => this.#client.workflow.getHandle(callId).query(shortStoryQuery);
    try {
      const story = await persist(this.#client, new Clock(RECALL_MS), ask);
      return story === TIMED_OUT || !story ? undefined : story;
    } catch {
      return undefined; // the call is over, or its workflow runs on an older worker
    }
  }

  /** Waits for what is on the way, at most so many milliseconds, then lets go of everything. */
  async close(waitMs = 5_000): Promise<void> {
    const queues = [...this.#queues.values()];
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => (timer = setTimeout(resolve, waitMs)));
    await Promise.race([Promise.all(queues.map((queue) => queue.settled())), timeout]);
    clearTimeout(timer);
    this.#isClosed = true;
    queues.forEach((queue) => queue.giveUp());
  }

  #queueOf(callId: string): NewsQueue<StreamNews> {
    const queue =
      this.#queues.get(callId) ??
      new NewsQueue<StreamNews>({
        send: (news) => this.#signal(callId, news),
        onEmpty: () => this.#queues.delete(callId),
      });
    this.#queues.set(callId, queue);
    return queue;
  }

  /**
   * A call that is over takes nothing any more, and is done; what is refused for what it is would be
   * refused again, and keep all that follows waiting.
   * @throws when it is to be sent again
   */
  async #signal(callId: string, news: StreamNews): Promise<void> {
    const handle = this.#client.workflow.getHandle(callId);
    const giveUp = AbortSignal.timeout(SIGNAL_MS);
    try {
      await this.#client.withAbortSignal(giveUp, () => handle.signal(streamSignal, news));
    } catch (error) {
      if (isWrong(error)) {
        this.#log?.error('news of a stream are none that Temporal takes', { callId, error });
        return;
      }
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      this.#log?.warn('a call was over before its last news had arrived', { callId });
    }
  }
}

/** gRPC's INVALID_ARGUMENT. */
const WRONG = 3;

function isWrong(error: unknown): boolean {
  const raw = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(raw) && raw.code === WRONG;
}

/** The workflow does not let it in, or is over. */
function isRefusal(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError) return true;
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) return false;
  return cause.type === STREAM_REFUSED || cause.type === 'AcceptedUpdateCompletedWorkflow';
}
