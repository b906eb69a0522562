import type { Duplex } from 'node:stream';

const REFUSALS = { 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' } as const;

export type UpgradeRefusal = keyof typeof REFUSALS;

/** Who was refused has this long to read it. */
const LINGER_MS = 1_000;

/** Answers a wish for a WebSocket with a status and nothing else, and closes the connection. */
export function refuseUpgrade(socket: Duplex, status: UpgradeRefusal): void {
  socket.end(
    `HTTP/1.1 ${status} ${REFUSALS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
