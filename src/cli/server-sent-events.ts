/** Reads server-sent events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */

export interface ServerSentEvent {
  /** Of this event, or the one before that had one; empty when none had. */
  id: string;
  type: string;
  data: string;
}

/** Events have some 20 kB; what never ends is no event. */
const LONGEST = 4 * 1024 * 1024;

export class EventReader {
  readonly #decoder = new TextDecoder(); // takes a byte order mark away
  #rest = '';
  /** The line before ended with a carriage return: a line feed still belongs to it. */
  #wasReturn = false;
  #data: string[] = [];
  #type = '';
  #id = '';
  #lastEventId = '';

  /** From where to go on after this connection. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** @returns the events that are complete with these bytes. @throws when a line has no end. */
  read(bytes: Uint8Array): ServerSentEvent[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const events: ServerSentEvent[] = [];
    let start = 0;
    for (const { index, 0: end } of this.#rest.matchAll(/\r|\n/g)) {
      const belongsToLast = end === '\n' && this.#wasReturn && index === start;
      this.#wasReturn = end === '\r';
      if (!belongsToLast) {
        const event = this.#line(this.#rest.slice(start, index));
        if (event) events.push(event);
      }
      start = index + 1;
    }
    if (start < this.#rest.length) this.#wasReturn = false;
    this.#rest = this.#rest.slice(start);
    if (this.#rest.length > LONGEST) throw new Error('An event is too long.');
    return events;
  }

  #line(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }

  /** An event without data only says where to go on. */
  #dispatch(): ServerSentEvent | undefined {
    this.#lastEventId = this.#id;
    const [type, data] = [this.#type, this.#data];
    this.#type = '';
    this.#data = [];
    if (data.length === 0) return undefined;
    return { id: this.#lastEventId, type: type === '' ? 'message' : type, data: data.join('\n') };
  }
}
