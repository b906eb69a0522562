/** The URLs that we hand to Twilio, all below the public base URL. */

/**
 * Three tries of 5 s within Twilio's 15, after any failure. By default Twilio tries again only when
 * it could not connect, and once. A fragment is never sent on the wire.
 */
export const CONNECTION_OVERRIDES = '#ct=2000&rt=5000&tt=15000&rc=2&rp=all';

export interface SpeechTarget {
  callSid: string;
  callId: string;
  /** The turn that is answered; left out to resume the call wherever it is. */
  key?: string;
  /** How often Twilio has come back for it, from 1. With it no turn is ever created. */
  wait?: number;
}

export interface TwilioUrls {
  /** For an inbound call; with `wait` after a filler. */
  voice(wait?: number): string;
  /** For a call that we placed. */
  outbound(callId: string, wait?: number): string;
  processSpeech(target: SpeechTarget): string;
  status(callId?: string): string;
  fallback(callId?: string): string;
}

/** @param baseUrl http or https, without query, fragment or credentials. */
export function createUrls(baseUrl: string): TwilioUrls {
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
  };
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
