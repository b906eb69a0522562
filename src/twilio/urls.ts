/** The URLs that we hand to Twilio: webhooks below the public base URL, and the media worker's. */

/**
 * Three tries of 5 s within Twilio's 15, after any failure. By default Twilio tries again only when
 * it could not connect, and once. A fragment is never sent on the wire.
 */
export const CONNECTION_OVERRIDES = '#ct=2000&rt=5000&tt=15000&rc=2&rp=all';

/** Below the base URL of the media workers. */
export const STREAM_PATH = '/media/stream';

export interface SpeechTarget {
  callSid: string;
  callId: string;
  /** The turn that is answered; left out to resume the call wherever it is. */
  key?: string;
  /** How often Twilio has come back for it, from 1. With it no turn is ever created. */
  wait?: number;
}

/** What a stream of audio is let in with. */
export interface StreamGrant {
  callId: string;
  /** Which one of the call. */
  stream: number;
  /** In milliseconds: from then on it is not let in any more. */
  until: number;
}

/** Where media workers are reached, and what lets a stream in there. */
export interface MediaDoor {
  /** `ws` or `wss`, without query or fragment; left out: below the base URL of the webhooks. */
  baseUrl?: string;
  /** Makes the token; the same for the same grant, so that every repetition has the same answer. */
  token(grant: StreamGrant): string;
}

export interface TwilioUrls {
  /** For an inbound call; with `wait` after a filler. */
  voice(wait?: number): string;
  /** For a call that we placed. */
  outbound(callId: string, wait?: number): string;
  processSpeech(target: SpeechTarget): string;
  status(callId?: string): string;
  fallback(callId?: string): string;
  /** Where Twilio comes back to when a stream is over. */
  connect(target: { callId: string; stream: number; wait?: number }): string;
  /** Twilio allows no query here: what is to be told goes in parameters of the stream. */
  stream(grant: StreamGrant): { url: string; token: string };
}

/**
 * @param baseUrl http or https, without query, fragment or credentials.
 * @param media without it no stream can be asked for: `stream` throws.
 */
export function createUrls(baseUrl: string, media?: MediaDoor): TwilioUrls {
  const base = baseUrl.replace(/\/+$/, '');
  const at = (path: string, query: Query = {}): string =>
    `${base}${path}${queryOf(query)}${CONNECTION_OVERRIDES}`;
  return {
    voice: (wait) => at('/webhook/voice', { wait }),
    outbound: (callId, wait) => at('/outbound', { call: callId, wait }),
    processSpeech: ({ callSid, callId, key, wait }) =>
      at(`/process_speech/${plain(callSid)}`, { call: callId, turn: key, wait }),
    status: (callId) => at('/call/status', { call: callId }),
    fallback: (callId) => at('/webhook/fallback', { call: callId }),
    connect: ({ callId, stream, wait }) => at('/call/connect', { call: callId, stream, wait }),
    stream: (grant) => {
      if (!media) throw new RangeError('There is no media worker to lead a stream to.');
      const mediaBase = (media.baseUrl ?? mediaBaseOf(base)).replace(/\/+$/, '');
      return { url: `${mediaBase}${STREAM_PATH}`, token: media.token(grant) };
    },
  };
}

/** Twilio takes `wss` alone; `ws` is for a simulator on this machine. */
function mediaBaseOf(base: string): string {
  const isHere = /^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(?=[:/]|$)/i.test(base);
  return base.replace(/^https?:/i, isHere ? 'ws:' : 'wss:');
}

type Query = Record<string, string | number | undefined>;

function queryOf(query: Query): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${plain(String(value))}`);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

/** Signatures over URLs with escapes differ between Twilio's back ends, so we use none. */
function plain(value: string): string {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(value)) {
    throw new RangeError('A value in a URL for Twilio may hold only letters, digits, _ and -.');
  }
  return value;
}
