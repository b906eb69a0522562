/** The answer of a model server, streamed or not: what was asked for and what comes may differ. */
import { ModelError, type CompleteOptions } from '../llm.ts';
import { eventsOf, readEvents, type Reading, type ServerEvent } from './events.ts';

/** Bytes of an answer that does not come as a stream. */
const MAX_BYTES = 2_000_000;

/** Who is told of a stream while it comes. */
export type Listener = Pick<CompleteOptions, 'progress' | 'onText'>;

export interface AnswerReader<T> {
  /** A whole answer, as parsed JSON. @throws ModelError */
  whole(json: unknown): T;
  /** The next event of a stream. @throws ModelError */
  take(event: ServerEvent): Reading;
  /** What the events were in all. @throws ModelError when the answer is not complete. */
  streamed(): T;
}

/** @throws ModelError, and what the connection throws. */
export async function readAnswer<T>(response: Response, reader: AnswerReader<T>): Promise<T> {
  const type = response.headers.get('content-type') ?? '';
  if (response.body && /event-stream/i.test(type)) {
    await readEvents(response.body, (event) => reader.take(event));
    return reader.streamed();
  }
  const text = await readText(response);
  // Proxies in between are known to lose the type.
  if (/^\s*(?:data|event|id|retry)?:/.test(text) && !/json/i.test(type)) {
    for (const event of eventsOf(text)) if (reader.take(event) === 'done') break;
    return reader.streamed();
  }
  return reader.whole(parsed(text));
}

/** @throws ModelError `bad-answer` when it is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ModelError('bad-answer', 'the model server answered broken JSON');
  }
}

async function readText(response: Response): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_BYTES) {
      throw new ModelError('bad-answer', 'the model server answered without end');
    }
  }
  return text + decoder.decode();
}
