/** A client of the streams of events that does what a browser does, and can be cut off. */
import { EventReader } from '../../../src/cli/server-sent-events.ts';
import type { ServerSentEvent } from '../../../src/cli/server-sent-events.ts';

export interface FollowOptions {
  key: string;
  lastEventId?: string;
}

export interface OpenStream {
  status: number;
  headers: Headers;
  /** All that came, in order. */
  events: ServerSentEvent[];
  /** What came that was no event: comments, places, all. */
  text: () => string;
  /** What a browser would send when it comes back. */
  lastEventId: () => string;
  /** The body of an answer that is no stream. */
  body: unknown;
  /** Settles when the connection is over: whether the server ended it in order. */
  over: Promise<'ended' | 'cut'>;
  cut(): void;
}

/** Settles when the head of the answer is there. */
export async function openStream(
  url: string,
  { key, lastEventId }: FollowOptions,
): Promise<OpenStream> {
  const cutting = new AbortController();
  const response = await fetch(url, {
    headers: {
      authorization: `Bearer ${key}`,
      ...(lastEventId !== undefined && lastEventId !== '' && { 'last-event-id': lastEventId }),
    },
    signal: cutting.signal,
  });
  const reader = new EventReader();
  const events: ServerSentEvent[] = [];
  let text = '';
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  const body: unknown = isStream ? undefined : await response.json().catch(() => undefined);
  const over = (async () => {
    if (!isStream || !response.body) return 'ended' as const;
    try {
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += new TextDecoder().decode(bytes);
        events.push(...reader.read(bytes));
      }
      return 'ended' as const;
    } catch {
      return 'cut' as const;
    }
  })();
  return {
    status: response.status,
    headers: response.headers,
    events,
    text: () => text,
    lastEventId: () => reader.lastEventId || (lastEventId ?? ''),
    body,
    over,
    cut: () => cutting.abort(),
  };
}
