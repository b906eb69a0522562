/** The messages of Media Streams, both ways: JSON in text frames. */

export interface StreamStart {
  streamSid: string;
  accountSid: string;
  callSid: string;
  customParameters: Readonly<Record<string, string>>;
}

/** Always the first message; it has neither a stream nor a number. */
export const CONNECTED = JSON.stringify({
  event: 'connected',
  protocol: 'Call',
  version: '1.0.0',
});

/** Writes the numbered messages of one stream. */
export class MessageWriter {
  readonly #start: StreamStart;
  readonly #tail: string;
  #sequenceNumber = 0;
  #chunk = 0;

  constructor(start: StreamStart) {
    this.#start = start;
    this.#tail = `},"streamSid":${JSON.stringify(start.streamSid)}}`;
  }

  start(): string {
    const { streamSid, accountSid, callSid, customParameters } = this.#start;
    return this.#message('start', {
      start: {
        accountSid,
        streamSid,
        callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 },
        customParameters,
      },
    });
  }

  /** `timestampMs` is the time of the stream; written by hand, for there are fifty a second. */
  media(payload: string, timestampMs: number): string {
    this.#chunk += 1;
    return (
      `{"event":"media","sequenceNumber":"${this.#next()}","media":{"track":"inbound",` +
      `"chunk":"${this.#chunk}","timestamp":"${timestampMs}","payload":"${payload}"${this.#tail}`
    );
  }

  dtmf(digit: string): string {
    return this.#message('dtmf', { dtmf: { track: 'inbound_track', digit } });
  }

  mark(name: string): string {
    return this.#message('mark', { mark: { name } });
  }

  stop(): string {
    const { accountSid, callSid } = this.#start;
    return this.#message('stop', { stop: { accountSid, callSid } });
  }

  /** A message that is never sent: its number, and a media message's chunk, are missing. */
  skip(isMedia: boolean): void {
    this.#sequenceNumber += 1;
    if (isMedia) this.#chunk += 1;
  }

  #message(event: string, content: object): string {
    const { streamSid } = this.#start;
    return JSON.stringify({ event, sequenceNumber: this.#next(), ...content, streamSid });
  }

  #next(): string {
    this.#sequenceNumber += 1;
    return String(this.#sequenceNumber);
  }
}

export type ServerMessage =
  | { event: 'media'; audio: Uint8Array }
  | { event: 'mark'; name: string }
  | { event: 'clear' }
  /** Twilio lets it pass: it is no message for this stream. */
  | { event: 'ignored'; why: string };

/** Undefined for what is no JSON object: the stream is over then. */
export function readServerMessage(text: string, streamSid: string): ServerMessage | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(message)) return undefined;
  if (message.streamSid !== streamSid) return ignored('it names another stream');
  if (message.event === 'clear') return { event: 'clear' };
  if (message.event === 'media') {
    const payload = isObject(message.media) ? message.media.payload : undefined;
    if (typeof payload !== 'string') return ignored('media without a payload');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(payload)) return ignored('the payload is not base64');
    return { event: 'media', audio: Buffer.from(payload, 'base64') };
  }
  if (message.event === 'mark') {
    const name = isObject(message.mark) ? message.mark.name : undefined;
    return typeof name === 'string' ? { event: 'mark', name } : ignored('a mark without a name');
  }
  return ignored('an unknown event');
}

function ignored(why: string): ServerMessage {
  return { event: 'ignored', why };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
