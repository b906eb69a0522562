import type { Socket } from 'node:net';
import { renderEmpty } from '../twilio/twiml.ts';

const REASONS: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};

/** A request so broken that it has no route: still answered with something Twilio can read. */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  // Who has asked nothing is answered nothing.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesRead === 0) {
    socket.destroy();
    return;
  }
  const [code, reason] = REASONS[error.code ?? ''] ?? [400, 'Bad Request'];
  const body = renderEmpty();
  socket.end(
    `HTTP/1.1 ${code} ${reason}\r\nContent-Type: text/xml; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
