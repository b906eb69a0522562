/**
 * Has a process of Node's collect its garbage, in all of its threads, so that what is measured then is what it
 * holds. Protocol: https://chromedevtools.github.io/devtools-protocol/, and the domain `NodeWorker` of Node.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** Node opens its inspector here when it is sent SIGUSR1. */
const INSPECTOR = 'http://127.0.0.1:9229/json/list';
const OPEN_MS = 5_000;
const LOOK_AGAIN_MS = 50;
const ANSWER_MS = 10_000;
/** For threads to be told of, and for the inspector to close. */
const MOMENT_MS = 150;

const COLLECT = 'HeapProfiler.collectGarbage';
/** Later, because it waits until nobody is connected. */
const CLOSE = `setTimeout(() => process.getBuiltinModule('inspector').close(), 50)`;

/**
 * One process after the other: they would open their inspectors at the same port.
 * @returns false when one of them could not be reached: it is measured as it is
 */
export async function collectGarbage(pids: readonly number[]): Promise<boolean> {
  let isDone = true;
  for (const pid of pids) {
    try {
      await collectIn(pid);
    } catch {
      isDone = false;
    }
  }
  return isDone;
}

async function collectIn(pid: number): Promise<void> {
  const session = await inspectorOf(pid);
  try {
    await session.ask('NodeWorker.enable', { waitForDebuggerOnStart: false });
    await sleep(MOMENT_MS);
    // Twice: what is let go of in one thread is found in another one afterwards.
    for (let round = 0; round < 2; round += 1) {
      await session.ask(COLLECT);
      for (const thread of session.threads) await session.askThread(thread, COLLECT);
    }
  } finally {
    // Else nobody else could open one.
    await session.ask('Runtime.evaluate', { expression: CLOSE }).catch(() => undefined);
    session.close();
    await sleep(MOMENT_MS);
  }
}

/** Another process may have its inspector open at the same port, for as long as this takes. */
async function inspectorOf(pid: number): Promise<Session> {
  const end = Date.now() + OPEN_MS;
  for (;;) {
    process.kill(pid, 'SIGUSR1');
    await sleep(LOOK_AGAIN_MS);
    const session = await anyInspector().catch(() => undefined);
    if (session && (await session.pid()) === pid) return session;
    session?.close();
    if (Date.now() > end) throw new Error('It does not open its inspector.');
  }
}

async function anyInspector(): Promise<Session | undefined> {
  const targets = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[];
  const [target] = targets;
  return target && Session.open(target.webSocketDebuggerUrl);
}

interface Message {
  id?: number;
  result?: unknown;
  error?: { message: string };
  method?: string;
  params?: { sessionId?: string; message?: string };
}

class Session {
  readonly threads: string[] = [];
  readonly #socket: WebSocket;
  readonly #asked = new Map<number, (message: Message) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      this.#take(JSON.parse((data as Buffer).toString('utf8')) as Message);
    });
  }

  static async open(url: string): Promise<Session> {
    const socket = new WebSocket(url);
    const session = new Session(socket);
    await once(socket, 'open', { signal: AbortSignal.timeout(OPEN_MS) });
    socket.on('error', () => undefined);
    return session;
  }

  async pid(): Promise<number> {
    const asked = { expression: 'process.pid' };
    const { result } = await this.ask<{ result: { value: number } }>('Runtime.evaluate', asked);
    return result.value;
  }

  close(): void {
    this.#socket.terminate();
  }

  ask<T>(method: string, params: object = {}): Promise<T> {
    return this.#answered<T>((id) => this.#socket.send(JSON.stringify({ id, method, params })));
  }

  askThread(sessionId: string, method: string): Promise<unknown> {
    return this.#answered((id) => {
      const message = JSON.stringify({ id, method });
      void this.ask('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(
        () => undefined,
      );
    });
  }

  #answered<T>(send: (id: number) => void): Promise<T> {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer')), ANSWER_MS);
      this.#asked.set(id, ({ result, error }) => {
        clearTimeout(timer);
        if (error) reject(new Error(error.message));
        else resolve(result as T);
      });
      send(id);
    });
  }

  #take({ id, method, params = {}, ...answer }: Message): void {
    if (id !== undefined) this.#asked.get(id)?.(answer);
    const { sessionId, message } = params;
    if (method === 'NodeWorker.attachedToWorker' && sessionId) this.threads.push(sessionId);
    if (method === 'NodeWorker.receivedMessageFromWorker' && message) {
      this.#take(JSON.parse(message) as Message);
    }
  }
}
