/** What one socket may do. All times in milliseconds. */
export interface StreamLimits {
  /** From the upgrade to `start`. */
  startMs: number;
  /** Twilio sends audio all the time, of silence too: without any the line is dead. */
  idleMs: number;
  /** Keeps proxies from closing what looks idle. */
  pingMs: number;
  /** How long the other side may take to close; then it is cut off. */
  closeMs: number;
  /** On average, pings included; audio alone is 50. Echoes of our own marks do not count. */
  messagesPerSecond: number;
  /** After a stall, what was held up comes at once. */
  messagesAtOnce: number;
  /** Of mu-law, with the silence that is put into gaps: real time is 8,000. */
  audioBytesPerSecond: number;
  audioBytesAtOnce: number;
  /** What we sent and the other side did not take. */
  waitingBytes: number;
  /** So many that are no messages of Media Streams. */
  badMessages: number;
}

export const STREAM_LIMITS: StreamLimits = {
  startMs: 5_000,
  idleMs: 10_000,
  pingMs: 15_000,
  closeMs: 2_000,
  messagesPerSecond: 60,
  messagesAtOnce: 600,
  audioBytesPerSecond: 10_000,
  audioBytesAtOnce: 160_000,
  waitingBytes: 1_000_000,
  badMessages: 5,
};

/** A frame of the WebSocket; Twilio's are below 1 kB. Larger ones close it with 1009. */
export const MAX_FRAME_BYTES = 64 * 1024;

/** Why we closed a socket on which something was not as it may be. */
export type Abuse =
  | 'no-start' //  it never told which stream it is
  | 'crowd' //     it had not told yet, and too many others came who had not either
  | 'order' //     audio before `start`, or a second `start`
  | 'binary'
  | 'garbage' //   no messages of Media Streams, or no WebSocket
  | 'too-large'
  | 'flood' //     too many messages, or more audio than real time
  | 'backlog'; //  it does not read what we send
