/** The streams of this process, from before they are let in until shortly after they are over. */
import type { SessionEnd } from '../../workflows/stream-contract.ts';
import type { Session } from './session-port.ts';

export interface StreamId {
  callId: string;
  /** Which stream of the call, from 1. */
  stream: number;
  /** Twilio's id of it. */
  streamSid: string;
}

/** Its activity may come so much later than its end, and still hears why. */
const REMEMBERED_MS = 60_000;
/** So long may a session take to end when it is told to, or when its line is gone. */
const END_MS = 2_000;

type Ending = 'hangUp' | 'move';

/** One stream. Whatever its session does, it ends once, and in time. */
export class LiveStream {
  readonly id: StreamId;
  /** Why it is over. Never rejects. */
  readonly ended: Promise<SessionEnd>;
  /** How many attempts of its activity watch over it. */
  watchers = 0;
  #settle: (end: SessionEnd) => void = () => undefined;
  #session: Session | undefined;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(id: StreamId) {
    this.id = id;
    this.ended = new Promise((resolve) => {
      this.#settle = (end) => {
        clearTimeout(this.#timer);
        this.#isOver = true;
        resolve(end);
      };
    });
  }

  /** It was let in, and this leads its conversation. */
  opened(session: Session): void {
    this.#session = session;
    void session.ended.then((end) => this.#settle(end));
    if (this.#isOver) session.hangUp(); // it failed on what it was told while it was made
  }

  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The call is over. */
  hangUp(): void {
    this.#end('hangUp');
  }

  /** This process is leaving. */
  move(): void {
    this.#end('move');
  }

  /** The line is gone, or it never came to a session. */
  over(end: SessionEnd): void {
    if (this.#session) this.#settleSoon(end);
    else this.#settle(end);
  }

  /** Its session is out of order, or could not begin. */
  failed(): void {
    this.#settle({ why: this.#session ? 'lost' : 'refused' });
    this.#session?.hangUp(); // nothing else will end it
  }

  #end(how: Ending): void {
    const end: SessionEnd = { why: how === 'move' ? 'moved' : 'stopped' };
    this.#session?.[how]();
    this.over(end);
  }

  /** The session knows better why; when it says nothing, it was this. */
  #settleSoon(end: SessionEnd): void {
    this.#timer ??= setTimeout(() => this.#settle(end), END_MS);
  }
}

export class LiveStreams {
  readonly #all = new Map<string, LiveStream>();
  readonly #live = new Set<LiveStream>();
  readonly #onCount: (live: number) => void;

  /** @param onCount told how many there are, whenever that changes */
  constructor(onCount: (live: number) => void = () => undefined) {
    this.#onCount = onCount;
  }

  /** From before the workflow is asked: its activity may be here sooner than the answer. */
  add(id: StreamId): LiveStream {
    const live = new LiveStream(id);
    const key = keyOf(id);
    this.#all.set(key, live);
    this.#live.add(live);
    this.#onCount(this.#live.size);
    void live.ended.then(() => {
      this.#live.delete(live);
      this.#onCount(this.#live.size);
      setTimeout(() => {
        if (this.#all.get(key) === live) this.#all.delete(key);
      }, REMEMBERED_MS).unref();
    });
    return live;
  }

  /** Also one that has just ended. */
  find(id: StreamId): LiveStream | undefined {
    return this.#all.get(keyOf(id));
  }

  get size(): number {
    return this.#live.size;
  }

  /**
   * Lets them run on, then moves those that are left, one after the other, so that they do not all
   * come back to another process at once.
   * @param limitMs how long they may run on
   * @param spreadMs the time over which they are moved
   * @returns when none is left
   */
  async drain(limitMs: number, spreadMs: number): Promise<void> {
    await within(limitMs, this.#allEnded());
    const left = [...this.#live];
    for (const live of left) {
      live.move();
      await within(spreadMs / left.length, live.ended);
    }
    await this.#allEnded();
  }

  async #allEnded(): Promise<void> {
    while (this.#live.size > 0) await Promise.all([...this.#live].map(({ ended }) => ended));
  }
}

function keyOf({ callId, stream, streamSid }: StreamId): string {
  return `${callId} ${stream} ${streamSid}`;
}

/** Waits for it, at most so long. */
async function within(ms: number, what: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([what, timeout]);
  clearTimeout(timer);
}
