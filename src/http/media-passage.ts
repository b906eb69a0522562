/**
 * Where Twilio is told to open streams at the api's own address, the api passes them on to the media workers:
 * the request as it came, then bytes in both directions. It checks nothing but who asks.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import { vouchFor } from '../connection-limits.ts';
import type { Log } from '../log.ts';
import { refuseUpgrade } from '../refuse-upgrade.ts';
import { isSignedStream, isStreamTarget } from '../twilio/stream-signature.ts';
import type { StreamSigning } from '../twilio/stream-signature.ts';

export interface MediaPassageOptions {
  signing: StreamSigning;
  /** Where the media workers listen. */
  to: { host: string; port: number };
}

/** As the configuration says; undefined with an address of their own: streams do not come by here then. */
export function passageOf({
  listen,
  twilio,
}: Pick<Config, 'listen' | 'twilio'>): MediaPassageOptions | undefined {
  if (listen.mediaUrl !== undefined) return undefined;
  const { authToken, webhookUrl } = twilio;
  const here = ['0.0.0.0', '::'].includes(listen.host) ? '127.0.0.1' : listen.host;
  return {
    signing: { authToken, publicBaseUrl: webhookUrl },
    to: { host: listen.mediaHost ?? here, port: listen.mediaPort },
  };
}

/** On the same machine or network: longer means that nobody is there. */
const CONNECT_MS = 2_000;
/** Who was left by the other side has this long to say goodbye. */
const LINGER_MS = 1_000;

/** @param options left out where a proxy in front leads to the media workers */
export function passMediaOn(
  app: FastifyInstance,
  options: MediaPassageOptions | undefined,
  log: Log,
): void {
  if (!options) return; // nobody takes an upgrade: it is a request like any other
  const open = new Set<Socket>();
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!isStreamTarget(request.url ?? '', options.signing.publicBaseUrl)) {
      return answerAsUsual(app, request, socket, head);
    }
    socket.on('error', () => undefined);
    if (!isSignedStream(request, options.signing)) {
      log.warn('a stream that Twilio did not sign was refused');
      return refuseUpgrade(socket, 403);
    }
    vouchFor(socket);
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    passOn(request, socket, head, options.to, log);
  });
  // A server waits for all its connections, and these may last as long as a call.
  app.addHook('preClose', (done) => {
    for (const socket of open) socket.destroy();
    done();
  });
}

function passOn(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  to: MediaPassageOptions['to'],
  log: Log,
): void {
  const media = connect({ ...to, noDelay: true });
  const timer = setTimeout(() => media.destroy(new Error('nobody answers')), CONNECT_MS);
  let isConnected = false;
  let why: unknown;
  media.on('error', (error) => (why = error)); // `close` follows
  media.once('connect', () => {
    clearTimeout(timer);
    isConnected = true;
    socket.setNoDelay(true);
    media.write(headOf(request), 'latin1');
    media.write(head);
    socket.pipe(media);
    media.pipe(socket);
  });
  media.once('close', () => {
    clearTimeout(timer);
    if (isConnected) return goodbye(socket);
    log.error('no media worker took a stream', { ...to, error: why });
    refuseUpgrade(socket, 503);
  });
  socket.once('close', () => media.destroy());
}

/**
 * Whoever listens for upgrades is given all of them by Node, with the rest of the request unread. One that
 * is not for us is read once more, without its wish: a server may pass that over (RFC 9110, 7.8).
 */
function answerAsUsual(
  { server }: FastifyInstance,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  socket.unshift(Buffer.concat([Buffer.from(headOf(request, ['upgrade']), 'latin1'), head]));
  server.emit('connection', socket);
}

/**
 * As it came: the names of the headers as they were written, repeated ones repeated.
 * @param without the names, in small letters, of those that are left out
 */
function headOf(
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  without: readonly string[] = [],
): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!without.includes(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** What was written still goes out. */
function goodbye(socket: Socket): void {
  socket.end();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
