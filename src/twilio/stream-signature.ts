/** Whether the upgrade that opens a stream of audio was signed with our auth token. */
import type { IncomingMessage } from 'node:http';
import { isSignedByTwilio } from './signature.ts';
import { STREAM_PATH } from './urls.ts';

export interface StreamSigning {
  authToken: string;
  /** `VOCA_MEDIA_URL`, else `TWILIO_WEBHOOK_URL`: where Twilio was told to open streams. */
  publicBaseUrl: string;
}

/** Whether a request is for a stream, below the path of the public base URL or not. */
export function isStreamTarget(target: string, publicBaseUrl: string): boolean {
  const path = target.split(/[?#]/, 1)[0]?.replace(/\/+$/, '');
  const prefix = /^[a-z]+:\/\/[^/?#]+([^?#]*)/i.exec(publicBaseUrl)?.[1]?.replace(/\/+$/, '') ?? '';
  return path === STREAM_PATH || path === `${prefix}${STREAM_PATH}`;
}

/**
 * As a GET without fields, over the URL with `wss`; some of Twilio's back ends take `https`. Never throws.
 */
export function isSignedStream(request: IncomingMessage, signing: StreamSigning): boolean {
  const base = signing.publicBaseUrl.replace(/^[a-z]+/i, '');
  const isSecure = /^(?:wss|https):/i.test(signing.publicBaseUrl);
  return (isSecure ? ['wss', 'https'] : ['ws', 'wss', 'http']).some((scheme) =>
    isSignedByTwilio({
      authToken: signing.authToken,
      publicBaseUrl: `${scheme}${base}`,
      signatureHeaders: request.headersDistinct['x-twilio-signature'] ?? [],
      requestTarget: request.url ?? '/',
      method: 'GET',
      params: [],
    }),
  );
}
