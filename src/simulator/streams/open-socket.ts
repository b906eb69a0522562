/** Opens the WebSocket of a stream as Twilio does, and says with which error when it cannot. */
import WebSocket from 'ws';
import { sign } from '../signature.ts';

export interface SocketOrder {
  /** As it goes on the wire. */
  url: string;
  /** Signs as another account would, or (null) not at all. */
  signWith: string | null;
  ca?: string | undefined;
  signal?: AbortSignal | undefined;
}

export type OpenedSocket =
  { ok: true; socket: WebSocket } | { ok: false; code: number; message: string; status?: number };

const HANDSHAKE_MS = 5_000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Twilio's error codes of streams. */
export const STREAM_ERRORS = {
  timeout: 31901,
  refused: 31902,
  tls: 31910,
  notUpgraded: 31920,
  closedByError: 31921,
  scheme: 31922,
  url: 31923,
  protocol: 31924,
  message: 31950,
} as const;

/** Never rejects. Gives up, silently, when the signal is aborted. */
export function openSocket(order: SocketOrder): Promise<OpenedSocket> {
  const { url, signWith, ca, signal } = order;
  const headers: Record<string, string> = { 'User-Agent': 'Twilio.TmeWs/1.0' };
  if (signWith !== null) headers['X-Twilio-Signature'] = sign(signWith, url, []);
  const socket = new WebSocket(url, {
    headers,
    handshakeTimeout: HANDSHAKE_MS,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    ...(ca === undefined ? {} : { ca }),
  });
  return new Promise((resolve) => {
    const abandon = () => socket.terminate();
    const settle = (opened: OpenedSocket) => {
      signal?.removeEventListener('abort', abandon);
      resolve(opened);
    };
    signal?.addEventListener('abort', abandon);
    socket.once('open', () => settle({ ok: true, socket }));
    socket.once('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy();
      const message = `the server answered ${statusCode}, not 101`;
      settle({ ok: false, code: STREAM_ERRORS.notUpgraded, message, status: statusCode });
    });
    socket.on('error', (error) => settle({ ok: false, ...failureOf(error) }));
    if (signal?.aborted) abandon();
  });
}

function failureOf(error: Error & { code?: string }): { code: number; message: string } {
  const { code = '', message } = error;
  if (code === 'ECONNREFUSED') return { code: STREAM_ERRORS.refused, message: 'refused' };
  if (/timed out/i.test(message) || code === 'ETIMEDOUT') {
    return { code: STREAM_ERRORS.timeout, message: 'the handshake timed out' };
  }
  if (/^(ERR_(TLS|SSL)|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code)) {
    return { code: STREAM_ERRORS.tls, message: 'TLS failed' };
  }
  if (/^(ENOTFOUND|EAI_AGAIN|ECONNRESET)$/.test(code) || /hang up/.test(message)) {
    return { code: STREAM_ERRORS.refused, message: 'no connection' };
  }
  return { code: STREAM_ERRORS.protocol, message: 'not a WebSocket' };
}
