/**
 * A bad line between any two processes: put its address where the server's would be given
 * (`TEMPORAL_ADDRESS`, `DATABASE_URL`, a base URL) and disturb it while they talk.
 *
 *     const proxy = await startTcpProxy('127.0.0.1:7233');
 *     start({ TEMPORAL_ADDRESS: proxy.address });
 *     proxy.delay(300);                    // both ways, 300 ms each
 *     proxy.throttle(20_000, 'to-client'); // bytes per second
 *     proxy.stall();                       // nothing moves; nothing is lost
 *     proxy.blackHole('to-server');        // what is sent vanishes; connections stay open
 *     await proxy.cut('reset');            // or 'refuse': nobody even listens
 *     await proxy.mend();                  // as if nothing had been
 *     await proxy.close();
 *
 * Disturbances add up until `mend`. TCP would repeat lost packets, so a stream that has lost bytes
 * cannot go on: `mend` resets the connections that were damaged by a black hole.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { TcpPipe } from './tcp-pipe.ts';
import type { LineState } from './tcp-pipe.ts';

/** `to-server` is what the connecting process sends, `to-client` what it is answered. */
export type LineDirection = 'to-server' | 'to-client';

/** `reset`: connections are taken and broken at once. `refuse`: nobody listens any more. */
export type CutKind = 'reset' | 'refuse';

export interface TcpProxy {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Everything arrives so much later, in order. */
  delay(delayMs: number, direction?: LineDirection): void;
  /** So many bytes per second get through, over each connection. */
  throttle(bytesPerSecond: number, direction?: LineDirection): void;
  /** Nothing moves and nothing is lost; `mend` lets all of it through. */
  stall(direction?: LineDirection): void;
  /** What is sent in this direction vanishes; its sender notices nothing. */
  blackHole(direction?: LineDirection): void;
  /** Breaks every connection, and all new ones until `mend`. Takes effect at once. */
  cut(kind?: CutKind): Promise<void>;
  /** Ends every disturbance. Resets the connections that a black hole has damaged. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

interface Connection {
  near: Socket;
  far: Socket;
  pipes: TcpPipe[];
}

/** @param target `HOST:PORT` of the server; it need not listen yet. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const proxy = new Proxy(target);
  await proxy.listen(0);
  return proxy;
}

const DIRECTIONS: LineDirection[] = ['to-server', 'to-client'];

function goodLine(): LineState {
  return {
    delayMs: 0,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    isStalled: false,
    isLost: false,
  };
}

class Proxy implements TcpProxy {
  port = 0;
  readonly #host: string;
  readonly #targetPort: number;
  readonly #lines: Record<LineDirection, LineState> = {
    'to-server': goodLine(),
    'to-client': goodLine(),
  };
  readonly #open = new Set<Connection>();
  #server: Server | undefined;
  #isCut = false;

  constructor(target: string) {
    const at = target.lastIndexOf(':');
    this.#host = target.slice(0, at);
    this.#targetPort = Number(target.slice(at + 1));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#open.size;
  }

  async listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (near) => this.#accept(near));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  delay(delayMs: number, direction?: LineDirection): void {
    this.#change({ delayMs }, direction);
  }

  throttle(bytesPerSecond: number, direction?: LineDirection): void {
    this.#change({ bytesPerSecond }, direction);
  }

  stall(direction?: LineDirection): void {
    this.#change({ isStalled: true }, direction);
  }

  blackHole(direction?: LineDirection): void {
    this.#change({ isLost: true }, direction);
  }

  async cut(kind: CutKind = 'reset'): Promise<void> {
    this.#isCut = true;
    if (kind === 'refuse') this.#stopListening();
    for (const connection of this.#open) this.#reset(connection);
  }

  async mend(): Promise<void> {
    this.#isCut = false;
    for (const direction of DIRECTIONS) Object.assign(this.#lines[direction], goodLine());
    for (const connection of this.#open) {
      if (connection.pipes.some((pipe) => pipe.isDamaged)) this.#reset(connection);
      else connection.pipes.forEach((pipe) => pipe.pump());
    }
    if (!this.#server) await this.listen(this.port);
  }

  async close(): Promise<void> {
    this.#stopListening();
    for (const connection of this.#open) this.#reset(connection);
  }

  #change(change: Partial<LineState>, direction?: LineDirection): void {
    for (const each of direction === undefined ? DIRECTIONS : [direction]) {
      Object.assign(this.#lines[each], change);
    }
    for (const { pipes } of this.#open) pipes.forEach((pipe) => pipe.pump());
  }

  /** The port is free as soon as this returns; what is open is for the caller to break. */
  #stopListening(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  #accept(near: Socket): void {
    near.on('error', () => undefined);
    if (this.#isCut) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: this.#targetPort, host: this.#host, allowHalfOpen: true });
    const connection: Connection = { near, far, pipes: [] };
    connection.pipes.push(
      new TcpPipe(near, far, this.#lines['to-server']),
      new TcpPipe(far, near, this.#lines['to-client']),
    );
    this.#open.add(connection);
    far.on('error', () => this.#reset(connection));
    near.on('error', () => this.#reset(connection));
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('close', () => this.#forgetWhenClosed(connection));
    }
  }

  #forgetWhenClosed(connection: Connection): void {
    const { near, far, pipes } = connection;
    if (!near.destroyed || !far.destroyed) return;
    pipes.forEach((pipe) => pipe.stop());
    this.#open.delete(connection);
  }

  #reset(connection: Connection): void {
    const { near, far, pipes } = connection;
    this.#open.delete(connection);
    pipes.forEach((pipe) => pipe.stop());
    for (const socket of [near, far]) if (!socket.destroyed) socket.resetAndDestroy();
  }
}
