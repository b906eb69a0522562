/**
 * Writes a stream of events: what its source has, as fast as the client reads it, and signs of life while
 * there is nothing. A client that does not read is cut off; it may come back and go on.
 */
import type { Bell } from '../../../event-stream/bell.ts';
import type { Log } from '../../../log.ts';
import { eventText, PING, placeText, retryText } from './server-sent-events.ts';
import type { ServerSentEvent } from './server-sent-events.ts';

export interface StreamPage {
  events: readonly ServerSentEvent[];
  /** There is more to be read at once. */
  hasMore: boolean;
  /** Nothing will ever come after these. */
  isOver?: boolean;
}

export interface StreamSource {
  /** What is new since the last time that it was asked. @throws while it cannot be read. */
  read(): Promise<StreamPage>;
  /** From where a client goes on that has had all so far, where no event says so. */
  place?(): string | undefined;
  /** Nobody reads on. */
  close(): void;
}

/** In milliseconds. */
export interface StreamTimes {
  /** Between two signs of life. */
  pingMs?: number;
  /** How long a client may leave what it was sent unread. */
  stallMs?: number;
  /** Between two tries while nothing can be read. */
  againMs?: number;
}

interface Writing extends StreamTimes {
  bell: Bell;
  ended: AbortSignal;
  /** Ends the connection. */
  cut: () => void;
  log: Log;
}

/** Proxies often take a minute of silence for the end. */
const PING_MS = 15_000;
const STALL_MS = 30_000;
const AGAIN_MS = 3_000;
/** How long clients wait before they come back. */
const RETRY_MS = 1_000;

/** Each text is asked for when the one before was read. */
export async function* writeStream(
  source: StreamSource,
  { bell, ended, cut, log, ...times }: Writing,
): AsyncGenerator<string> {
  const { pingMs = PING_MS, stallMs = STALL_MS, againMs = AGAIN_MS } = times;
  let place: string | undefined;
  /** Told only when it has changed. */
  const newPlace = (): string => {
    const now = source.place?.();
    if (now === place) return '';
    place = now;
    return now === undefined ? '' : placeText(now);
  };
  /** Whoever reads on comes back here before the time is over. */
  async function* sent(text: string): AsyncGenerator<string> {
    const timer = setTimeout(cut, stallMs).unref();
    try {
      yield text;
    } finally {
      clearTimeout(timer);
    }
  }

  yield* sent(retryText(RETRY_MS) + newPlace());
  while (!ended.aborted) {
    const page = await source.read().catch((error: unknown) => {
      if (!mayPass(error)) log.error('a stream cannot be read', { error });
      return undefined;
    });
    for (const event of page?.events ?? []) {
      if (ended.aborted) return;
      yield* sent(eventText(event));
    }
    if (page?.hasMore) continue;
    if (page?.isOver) return;
    while (!ended.aborted && !(await bell.wait(page ? pingMs : againMs * (0.5 + Math.random())))) {
      yield* sent(PING + newPlace());
      if (!page) break;
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
