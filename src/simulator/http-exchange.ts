/** One HTTP request and its answer, with the timers that connection overrides name. */
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { rootCertificates } from 'node:tls';
import { gunzipSync } from 'node:zlib';

export interface Exchange {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body: string;
  connectTimeoutMs: number;
  readTimeoutMs: number;
  /** What is left of the total budget. */
  totalTimeoutMs: number;
  /** Bytes of body after which reading stops. */
  maxBodyBytes: number;
  /** An authority (PEM) to trust beside the usual ones. */
  ca?: string | undefined;
}

/**
 * `connect`: no connection was made. `read`: connected, then too long without a byte.
 * `total`: the budget was used up. `broken`: connected, then cut. `too-large`: see maxBodyBytes.
 */
export type FailureKind =
  'connect' | 'tls' | 'read' | 'total' | 'broken' | 'protocol' | 'too-large';

export type ExchangeResult =
  | { ok: true; status: number; headers: IncomingHttpHeaders; body: Buffer }
  | { ok: false; kind: FailureKind; code: number; message: string };

const failure = (kind: FailureKind, code: number, message: string): ExchangeResult => ({
  ok: false,
  kind,
  code,
  message,
});

/** Performs the exchange on a connection of its own. Never rejects. */
export function exchange(wanted: Exchange): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    let connected = false;
    let readTimer: NodeJS.Timeout | undefined;
    const finish = (result: ExchangeResult) => {
      for (const timer of [connectTimer, totalTimer, readTimer]) clearTimeout(timer);
      request.destroy();
      resolve(result);
    };
    const progress = () => {
      clearTimeout(readTimer);
      readTimer = setTimeout(
        () => finish(failure('read', 11205, 'no byte in the read timeout')),
        wanted.readTimeoutMs,
      );
    };
    const send = wanted.url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(requestOptions(wanted), (response) => {
      progress();
      collect(response, wanted.maxBodyBytes, progress, finish);
    });
    const connectTimer = setTimeout(
      () => finish(failure('connect', 11205, 'TCP connect timeout')),
      wanted.connectTimeoutMs,
    );
    const totalTimer = setTimeout(
      () => finish(failure('total', 11205, 'total timeout')),
      wanted.totalTimeoutMs,
    );
    request.on('socket', (socket) => {
      socket.once('connect', () => {
        connected = true;
        clearTimeout(connectTimer);
        progress();
      });
    });
    request.on('error', (error: NodeJS.ErrnoException) => finish(failureOf(error, connected)));
    request.end(wanted.body);
  });
}

function requestOptions(wanted: Exchange): RequestOptions & { ca?: string[] } {
  const { url } = wanted;
  return {
    method: wanted.method,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    path: url.pathname + url.search,
    ...(url.username === ''
      ? {}
      : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }),
    headers: wanted.headers,
    agent: false,
    // Naming an authority replaces the usual ones unless they are named, too.
    ...(wanted.ca === undefined ? {} : { ca: [...rootCertificates, wanted.ca] }),
  };
}

function collect(
  response: IncomingMessage,
  maxBodyBytes: number,
  progress: () => void,
  finish: (result: ExchangeResult) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    progress();
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBodyBytes) finish(failure('too-large', 11750, 'the body is over 64 kB'));
  });
  response.on('error', () => finish(failure('broken', 11205, 'the connection broke off')));
  response.on('end', () => {
    const status = response.statusCode ?? 0;
    const body = unzipped(Buffer.concat(chunks), response, maxBodyBytes);
    if (Buffer.isBuffer(body)) finish({ ok: true, status, headers: response.headers, body });
    else finish(body);
  });
}

function unzipped(body: Buffer, response: IncomingMessage, limit: number): Buffer | ExchangeResult {
  if (response.headers['content-encoding'] !== 'gzip') return body;
  try {
    return gunzipSync(body, { maxOutputLength: limit });
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    return tooLarge
      ? failure('too-large', 11750, 'the body is over 64 kB')
      : failure('protocol', 11206, 'the body is not gzip');
  }
}

function failureOf(error: NodeJS.ErrnoException, connected: boolean): ExchangeResult {
  const code = error.code ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return failure('connect', 11210, 'the host name does not resolve');
  }
  if (code.startsWith('HPE_')) return failure('protocol', 11206, 'not HTTP');
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return failure('tls', 11235, 'certificate name');
  if (code === 'CERT_HAS_EXPIRED') return failure('tls', 11236, 'certificate expired');
  if (/SELF_SIGNED|UNABLE_TO/.test(code)) return failure('tls', 11237, 'certificate path');
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return failure('tls', 11220, 'TLS failed');
  return connected
    ? failure('broken', 11205, `the connection broke off (${code})`)
    : failure('connect', 11205, `no connection (${code})`);
}
