/** Server-sent events (WHATWG HTML, section 9.2) out of the body of a response. */
import { ModelError } from '../llm.ts';

export interface ServerEvent {
  /** Empty when it has no name. */
  name: string;
  data: string;
}

/** What an event means for the reading: read on, only what comes soon is still of use, or no more. */
export type Reading = 'more' | 'finished' | 'done';

/** Characters of one event; a server that never ends a line must not fill the memory. */
const MAX_EVENT_LENGTH = 1_000_000;
/** After the answer's end, in milliseconds: for the count of tokens, and to keep the connection. */
const LINGER_MS = 300;

/**
 * Reads events until `take` says that it is done or the body ends. A body that goes on after that is
 * read to its end in the background, so that its connection can be used again.
 * @throws what `take` throws, and what the connection does.
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  take: (event: ServerEvent) => Reading,
): Promise<void> {
  const reader = body.getReader();
  const parser = new EventParser();
  let lingerUntil: number | undefined;
  try {
    for (;;) {
      const chunk = await next(reader, lingerUntil);
      if (chunk === 'late') return void reader.cancel().catch(() => undefined);
      for (const event of parser.push(chunk.value)) {
        const reading = take(event);
        if (reading === 'done') return void drain(reader);
        if (reading === 'finished') lingerUntil ??= performance.now() + LINGER_MS;
      }
      if (chunk.done) return;
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error;
  }
}

/** All events of a text that is there as a whole. */
export function eventsOf(text: string): ServerEvent[] {
  const parser = new EventParser();
  return [...parser.push(new TextEncoder().encode(text)), ...parser.push(undefined)];
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;
interface Chunk {
  done: boolean;
  value?: Uint8Array | undefined;
}

async function next(reader: Reader, until: number | undefined): Promise<Chunk | 'late'> {
  if (until === undefined) return await reader.read();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), Math.max(0, until - performance.now()));
  });
  const read = reader.read();
  read.catch(() => undefined); // when it loses the race, nobody else hears of its failure
  try {
    return await Promise.race([read, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function drain(reader: Reader): Promise<void> {
  const until = performance.now() + LINGER_MS;
  try {
    for (;;) {
      const chunk = await next(reader, until);
      if (chunk === 'late') return await reader.cancel();
      if (chunk.done) return;
    }
  } catch {
    // The answer is complete; what becomes of the connection does not matter.
  }
}

class EventParser {
  readonly #decoder = new TextDecoder();
  /** Of the line that has not ended yet; put together once, when it has. */
  #parts: string[] = [];
  /** A carriage return at the end of a chunk: the other half of the line's end may follow. */
  #held = '';
  #name = '';
  #data: string[] = [];
  /** Characters since the last event, each end of a line counted: empty lines are not for free. */
  #size = 0;

  /** The events that are complete with this chunk; without a chunk the body has ended in order. */
  push(chunk: Uint8Array | undefined): ServerEvent[] {
    // Some servers leave out the empty line behind their last event.
    const added = chunk ? this.#decoder.decode(chunk, { stream: true }) : '\n\n';
    const whole = this.#held + added;
    this.#held = whole.endsWith('\r') ? '\r' : '';
    const lines = whole.slice(0, whole.length - this.#held.length).split(/\r\n|\n|\r/);
    const rest = lines.pop() ?? '';
    const events = lines.flatMap((line) => {
      this.#count(line.length + 1);
      const full = this.#parts.join('') + line;
      this.#parts = [];
      return this.#line(full) ?? [];
    });
    this.#count(rest.length);
    if (rest !== '') this.#parts.push(rest);
    return events;
  }

  /** @throws ModelError when the event has become too long. */
  #count(characters: number): void {
    this.#size += characters;
    if (this.#size > MAX_EVENT_LENGTH) {
      throw new ModelError('bad-answer', 'the model server sent an event without end');
    }
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    if (field === 'data') this.#data.push(value);
    return undefined; // comments and all other fields mean nothing to us
  }

  #dispatch(): ServerEvent | undefined {
    const event = { name: this.#name, data: this.#data.join('\n') };
    const isEmpty = this.#data.length === 0;
    this.#name = '';
    this.#data = [];
    this.#size = 0;
    return isEmpty ? undefined : event;
  }
}
