/**
 * Messages of Twilio's Media Streams, as they are on the wire: JSON in text frames. Read by hand: there are 50
 * a second of each stream. Protocol: /docs/voice/media-streams/websocket-messages.
 */

export interface StreamStart {
  streamSid: string;
  accountSid: string;
  callSid: string;
  /** Of the `<Parameter>`s in our TwiML. */
  parameters: Readonly<Record<string, string>>;
  /** Whether the audio is what we understand: mu-law, 8 kHz, mono. */
  isPlainAudio: boolean;
}

/** One piece of the caller's audio. Its numbers are left out where they are not numbers. */
export interface MediaFrame {
  audio: Uint8Array;
  /** Counts the pieces of audio; it may count those of other tracks, too. */
  chunk?: number;
  /** Milliseconds of the stream at which it begins. */
  timestamp?: number;
}

export type StreamMessage =
  | { event: 'connected' }
  | { event: 'start'; start: StreamStart }
  | { event: 'media'; streamSid?: string; frame: MediaFrame }
  | { event: 'dtmf'; streamSid?: string; digit: string }
  | { event: 'mark'; streamSid?: string; name: string }
  | { event: 'stop'; streamSid?: string }
  /** New to us, or of a track that is not the caller's. */
  | { event: 'other' };

type Fields = Readonly<Record<string, unknown>>;

/** @returns undefined when it is no message of Media Streams at all. Never throws. */
export function readMessage(text: string): StreamMessage | undefined {
  const message = parse(text);
  if (!message) return undefined;
  const streamSid = wordOf(message['streamSid']);
  const about = streamSid === undefined ? {} : { streamSid };
  switch (message['event']) {
    case 'media':
      return readMedia(fieldsOf(message['media']), about);
    case 'mark': {
      const name = wordOf(fieldsOf(message['mark'])['name']);
      return name === undefined ? undefined : { event: 'mark', ...about, name };
    }
    case 'dtmf': {
      const digit = wordOf(fieldsOf(message['dtmf'])['digit'])?.toUpperCase();
      const isKey = digit !== undefined && /^[0-9*#A-D]$/.test(digit);
      return isKey ? { event: 'dtmf', ...about, digit } : { event: 'other' };
    }
    case 'stop':
      return { event: 'stop', ...about };
    case 'connected':
      return { event: 'connected' };
    case 'start':
      return readStart(fieldsOf(message['start']));
    default:
      return typeof message['event'] === 'string' ? { event: 'other' } : undefined;
  }
}

function readMedia(media: Fields, about: { streamSid?: string }): StreamMessage | undefined {
  const { track = 'inbound', payload } = media;
  if (track !== 'inbound' && track !== 'inbound_track') return { event: 'other' };
  if (typeof payload !== 'string' || !isBase64(payload)) return undefined;
  const chunk = numberOf(media['chunk']);
  const timestamp = numberOf(media['timestamp']);
  const frame: MediaFrame = {
    audio: Buffer.from(payload, 'base64'),
    ...(chunk !== undefined && { chunk }),
    ...(timestamp !== undefined && { timestamp }),
  };
  return { event: 'media', ...about, frame };
}

function readStart(start: Fields): StreamMessage | undefined {
  const streamSid = wordOf(start['streamSid']);
  const callSid = wordOf(start['callSid']);
  const accountSid = wordOf(start['accountSid']);
  if (streamSid === undefined || callSid === undefined || accountSid === undefined)
    return undefined;
  const {
    encoding = 'audio/x-mulaw',
    sampleRate = 8000,
    channels = 1,
  } = fieldsOf(start['mediaFormat']);
  const parameters = Object.entries(fieldsOf(start['customParameters'])).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  );
  const isPlainAudio =
    encoding === 'audio/x-mulaw' && Number(sampleRate) === 8000 && Number(channels) === 1;
  return {
    event: 'start',
    start: {
      streamSid,
      callSid,
      accountSid,
      parameters: Object.fromEntries(parameters),
      isPlainAudio,
    },
  };
}

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Twilio writes its numbers as decimal strings. */
function numberOf(value: unknown): number | undefined {
  const isText = typeof value === 'string' && /^\d{1,15}$/.test(value);
  const number = isText ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined;
}

/** Node's decoder takes anything and leaves out what it does not know. */
function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 !== 1;
}
