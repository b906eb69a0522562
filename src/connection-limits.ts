/**
 * Strangers do not fill a process with connections. A connection is a stranger's until a request on it was
 * signed by Twilio or signed in with an API key; one network may hold so many of them, and all networks
 * together so many. Who brings one more takes the place of the oldest on which nothing is under way.
 *
 * Connections that have proven themselves are never counted: however many calls Twilio brings from
 * one address, and whatever proxy stands in front, their lines stay open.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf, plainAddress, trustedProxies } from './client-address.ts';
import type { IsTrusted } from './client-address.ts';

export interface ConnectionLimitOptions {
  /** Strangers' connections of one address (IPv6: one /64). */
  perNetwork?: number;
  /** Strangers' connections in all. */
  inAll?: number;
  /** What comes from there is not counted; {@link isNearby} by default. */
  isExempt?: IsTrusted;
}

const PER_NETWORK = 256;
const IN_ALL = 4_096;
/** Twilio and programs send something at once. */
const SILENT_MS = 3_000;
/** A thousand that fall silent together are not closed together: nobody else is served meanwhile. */
const SWEEP_EVERY_MS = 100;
const CLOSED_AT_ONCE = 40;

/** Where only proxies of the operator's come from: strangers cannot have these addresses. */
export const isNearby: IsTrusted =
  trustedProxies([
    ...['127.0.0.1', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
    ...['169.254.0.0/16', '::1', 'fc00::/7', 'fe80::/10'],
  ]) ?? (() => false);

const strangers = new WeakMap<Socket, () => void>();

/** Somebody on this connection has proven who they are. */
export function vouchFor(socket: Socket): void {
  strangers.get(socket)?.();
}

/** Nobody on this connection has proven who they are yet, and it is counted. */
export function isStranger(socket: Socket): boolean {
  return strangers.has(socket);
}

/**
 * Watches the connections of a server, however they come to it.
 * @returns ends the watch
 */
export function watchConnections(server: Server, options: ConnectionLimitOptions = {}): () => void {
  const { isExempt = isNearby } = options;
  const limits = new ConnectionLimits(options);
  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (!isExempt(address)) limits.opened(socket, networkOf(address));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    limits.asked(request.socket, response);
  });
  const sweeping = setInterval(() => limits.closeSilent(), SWEEP_EVERY_MS).unref();
  return () => clearInterval(sweeping);
}

interface Stranger {
  network: string;
  /** Requests that are not answered yet. */
  open: number;
}

/** Counts strangers, and closes those that are too many. */
export class ConnectionLimits {
  readonly #perNetwork: number;
  readonly #inAll: number;
  /** The oldest first. */
  readonly #all = new Map<Socket, Stranger>();
  readonly #byNetwork = new Map<string, Set<Socket>>();
  /** Of those that were not seen to have sent anything: since when they are here; the oldest first. */
  readonly #silentSince = new Map<Socket, number>();
  readonly #seen = new WeakSet<Socket>();
  readonly #now: () => number;

  constructor(options: ConnectionLimitOptions & { now?: () => number } = {}) {
    const { perNetwork = PER_NETWORK, inAll = IN_ALL, now = () => performance.now() } = options;
    this.#perNetwork = perNetwork;
    this.#inAll = inAll;
    this.#now = now;
  }

  /** How many strangers there are. */
  get size(): number {
    return this.#all.size;
  }

  opened(socket: Socket, network: string): void {
    if (this.#seen.has(socket)) return; // given back to the server, to be read once more
    this.#seen.add(socket);
    const neighbours = this.#byNetwork.get(network) ?? new Set();
    this.#byNetwork.set(network, neighbours);
    const isTooMany = neighbours.size >= this.#perNetwork && !this.#makeRoom(neighbours);
    const isFull = !isTooMany && this.#all.size >= this.#inAll && !this.#makeRoom(this.#all.keys());
    if (isTooMany || isFull) {
      socket.destroy();
      return;
    }
    this.#all.set(socket, { network, open: 0 });
    this.#silentSince.set(socket, this.#now());
    // Making room may have taken away the last of them, and the set with it.
    const now = this.#byNetwork.get(network) ?? new Set();
    this.#byNetwork.set(network, now.add(socket));
    const known = () => this.#forget(socket);
    strangers.set(socket, known);
    socket.once('close', known);
  }

  asked(socket: Socket, response: ServerResponse): void {
    const stranger = this.#all.get(socket);
    if (!stranger) return;
    stranger.open += 1;
    response.once('close', () => (stranger.open -= 1));
  }

  /** Closes some of those that have sent nothing for too long. */
  closeSilent(): void {
    let left = CLOSED_AT_ONCE;
    for (const [socket, since] of this.#silentSince) {
      if (left === 0 || this.#now() - since < SILENT_MS) return;
      this.#silentSince.delete(socket);
      if (socket.bytesRead > 0) continue;
      this.#forget(socket);
      socket.destroy();
      left -= 1;
    }
  }

  #makeRoom(candidates: Iterable<Socket>): boolean {
    for (const socket of candidates) {
      if (this.#all.get(socket)?.open !== 0) continue;
      this.#forget(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  #forget(socket: Socket): void {
    const stranger = this.#all.get(socket);
    if (!stranger) return;
    strangers.delete(socket);
    this.#all.delete(socket);
    this.#silentSince.delete(socket);
    const neighbours = this.#byNetwork.get(stranger.network);
    neighbours?.delete(socket);
    if (neighbours?.size === 0) this.#byNetwork.delete(stranger.network);
  }
}
