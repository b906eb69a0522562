/** Strangers who hold connections: they say nothing, or say it a byte at a time. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Holding } from './order.ts';
import type { Tally } from './tally.ts';

/** Between two bytes. */
const BYTE_EVERY_MS = 500;
/** A connection that was closed is opened anew after so long. */
const AGAIN_MS = 1_000;
/** So many are opened at a time: nobody's queue of new connections is to be what is measured. */
const OPEN_AT_ONCE = 20;
const OPEN_EVERY_MS = 20;

const HEADERS = 'POST /webhook/voice HTTP/1.1\r\nHost: strangers.example\r\n';
const FORM = `${HEADERS}Content-Type: application/x-www-form-urlencoded\r\n`;
const LENGTH = 'Content-Length: 60000\r\n\r\n';

/** What is sent at once, then what comes a byte at a time, again and again. */
function wordsOf(kind: Holding, time: number, key: string): readonly [string, string] {
  if (kind === 'idle') return ['', ''];
  if (kind === 'slow headers') return [HEADERS, 'X-Slow: slow\r\n'];
  if (time % 2 === 0) return [`${FORM}${LENGTH}`, 'a=b&'];
  const signedIn = `POST /v1/assistants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n`;
  return [`${signedIn}Content-Type: application/json\r\n${LENGTH}`, ' '];
}

export interface Holders {
  stop(): void;
}

/** Keeps `count` connections open, as far as the server lets it. @param from addresses of ours */
export function hold(
  kind: Holding,
  { port, key, count, from }: { port: number; key: string; count: number; from: readonly string[] },
  tally: Tally,
): Holders {
  const open = new Map<Socket, { slowly: string; said: number }>();
  let waiting = count;
  let opened = 0;
  const openOne = () => {
    const localAddress = from[opened % from.length];
    const [atOnce, slowly] = wordsOf(kind, opened, key);
    opened += 1;
    const socket = connect({ port, host: '127.0.0.1', ...(localAddress && { localAddress }) });
    open.set(socket, { slowly, said: 0 });
    tally.sent(kind);
    socket.once('connect', () => {
      tally.holds(kind, socket, performance.now());
      if (atOnce !== '') socket.write(atOnce);
    });
    socket.once('data', (part: Buffer) => {
      tally.answered(kind, Number(/^HTTP\/1\.1 (\d{3})/.exec(part.toString())?.[1] ?? 0));
    });
    socket.on('error', () => undefined); // it is reset; 'close' follows
    socket.resume().once('close', () => {
      open.delete(socket);
      if (!tally.lost(socket, performance.now())) tally.refused(kind);
      setTimeout(() => (waiting += 1), AGAIN_MS).unref();
    });
  };
  const opening = setInterval(() => {
    for (let i = 0; i < OPEN_AT_ONCE && waiting > 0; i += 1, waiting -= 1) openOne();
  }, OPEN_EVERY_MS);
  const talking = setInterval(() => {
    for (const [socket, words] of open) {
      const byte = words.slowly[words.said % words.slowly.length];
      if (byte === undefined || !socket.writable || socket.connecting) continue;
      socket.write(byte);
      words.said += 1;
    }
  }, BYTE_EVERY_MS);
  return {
    stop: () => {
      clearInterval(opening);
      clearInterval(talking);
      for (const socket of open.keys()) socket.removeAllListeners('close').destroy();
    },
  };
}
