/**
 * The door of media workers into Temporal: a stream is let in, and what happens over it is told to
 * the workflow of its call, in order, without anybody waiting for it.
 */
import type { Client } from '@temporalio/client';
import type { AttachRequest, StreamBrief, StreamNews } from '../workflows/contract.ts';

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

  constructor() {
    super('The workflow of the call did not answer in time.');
  }
}

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
}

export class StreamGateway implements StreamDoor {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async attach(callId: string, request: AttachRequest): Promise<StreamBrief> {
    void this.#client;
    void callId;
    void request;
    throw new StreamUnavailableError();
  }

  tell(callId: string, news: StreamNews): void {
    void callId;
    void news;
  }

  async settled(callId: string): Promise<void> {
    void callId;
  }

  /** Waits for what is on the way, at most so many milliseconds, then lets go of everything. */
  async close(waitMs = 5_000): Promise<void> {
    void waitMs;
  }
}
