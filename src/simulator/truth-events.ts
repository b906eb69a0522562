/** What the truth log records. Every event that belongs to a call carries its SID. */
import type { Field } from './form.ts';

export type Purpose =
  | 'voice' //    the first document of a call
  | 'action' //   what the caller said or keyed, or an empty Gather
  | 'redirect' // <Redirect>, or a live call redirected over REST
  | 'fallback'
  | 'status' //   a status callback
  | 'amd' //      an asynchronous answering machine verdict
  | 'partial' //  a partial speech result
  | 'media' //    a file to play
  | 'connect' //  <Connect> is over
  | 'stream' //   the status callback of a media stream
  | 'replay' //   a logged request, sent once more
  | 'forged'; //  a request that Twilio never sent

export type TruthEvent =
  | CallEvent
  | RequestEvent
  | ResponseEvent
  | RequestFailedEvent
  | HeardEvent
  | CutOffEvent
  | ListeningEvent
  | SpokeEvent
  | DeliveredEvent
  | FaultEvent
  | ErrorEvent
  | StreamEvent
  | StreamVoiceEvent
  | StreamClearedEvent
  | StreamUnderrunEvent
  | StreamStaleEvent;

/** A call changed its state. `reason` says why a terminal one came. */
export interface CallEvent {
  kind: 'call';
  callSid: string;
  status: string;
  direction: 'inbound' | 'outbound-api';
  from: string;
  to: string;
  reason?: string;
}

/** One attempt at a request, as it went onto the wire. */
export interface RequestEvent {
  kind: 'request';
  callSid?: string;
  requestId: string;
  purpose: Purpose;
  /** 1 for the first attempt; redirects followed count on. */
  attempt: number;
  /** Counts the times a {@link WebhookTap} sent this request, from 1. */
  sending: number;
  method: 'GET' | 'POST';
  /** The URL on the wire. */
  url: string;
  /** The fields, whether they went in the body or in the query. */
  fields: readonly Field[];
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface ResponseEvent {
  kind: 'response';
  callSid?: string;
  requestId: string;
  purpose: Purpose;
  attempt: number;
  sending: number;
  status: number;
  contentType: string;
  /** UTF-8 text; empty for audio, whose hash still tells. */
  body: string;
  bodySha256: string;
  durationMs: number;
}

/** An attempt that got no usable answer. */
export interface RequestFailedEvent {
  kind: 'request-failed';
  callSid?: string;
  requestId: string;
  purpose: Purpose;
  attempt: number;
  sending: number;
  code: number;
  message: string;
  durationMs: number;
}

export type SoundSource =
  | 'say'
  | 'play' //     the text is the URL
  | 'keys' //     <Play digits>
  | 'text' //     a text/plain answer read aloud
  | 'rejected' // the not-in-service message of <Reject>
  | 'error' //    Twilio's application error message
  | 'stream'; //  a clause that came over a media stream, read from its captions

/** Words (or a sound) that began to reach the caller. */
export interface HeardEvent {
  kind: 'heard';
  callSid: string;
  source: SoundSource;
  text: string;
  /** Where the document came from; absent for one given over REST. */
  documentUrl?: string;
  /** The request whose answer this was; absent for one given over REST. */
  requestId?: string;
  /** Of a stream: when its first and its last word began, in milliseconds since 1970. */
  streamSid?: string;
  firstWordAtMs?: number;
  lastWordAtMs?: number;
}

/** Words that were stopped before their end. */
export interface CutOffEvent {
  kind: 'cut-off';
  callSid: string;
  heardSeq: number;
  why: 'barge-in' | 'ended' | 'redirected';
  /** Milliseconds of call time that were heard. */
  heardMs: number;
}

/** A Gather opened or closed. */
export interface ListeningEvent {
  kind: 'listening';
  callSid: string;
  state: 'open' | 'closed';
  action?: string;
}

/** Something the caller said, keyed, or deliberately kept silent about. */
export interface SpokeEvent {
  kind: 'spoke';
  callSid: string;
  utteranceId: string;
  input: 'speech' | 'dtmf' | 'silence';
  /** The words, or the keys. */
  text: string;
  /** False: no Gather took it, the application never gets it. */
  heard: boolean;
  whyNot?: string;
  /** The end of it that no longer fitted: after the last key, or over the limit for speech. */
  lost?: string;
}

/** What became of what the caller said: posted to `url`; `answered` when a document came back. */
export interface DeliveredEvent {
  kind: 'delivered';
  callSid: string;
  utteranceIds: readonly string[];
  requestId: string;
  url: string;
  input: 'speech' | 'dtmf' | 'silence';
  text: string;
  answered: boolean;
  /** False when the call ended or was redirected before the answer came. */
  executed: boolean;
}

/** Something that was done wrong on purpose, by a fault script. */
export interface FaultEvent {
  kind: 'fault';
  callSid?: string;
  /** The kind of fault, such as `duplicate`. */
  fault: string;
  /** The webhook that was disturbed, or the forged request itself. */
  requestId?: string;
  detail?: string;
}

/** What Twilio's debugger would show. */
export interface ErrorEvent {
  kind: 'error';
  callSid?: string;
  level: 'error' | 'warning';
  code: number;
  message: string;
  url?: string;
}

/** A media stream opened or came to its end. */
export interface StreamEvent {
  kind: 'stream';
  callSid: string;
  streamSid: string;
  state: 'connecting' | 'started' | 'over';
  /** On the wire: without query and fragment. */
  url: string;
  parameters?: Readonly<Record<string, string>>;
  /** Who ended it; `twilio` is an error, which has its own entry. */
  by?: StreamEnd;
  /** With which the application closed the WebSocket. */
  closeCode?: number;
  measures?: StreamMeasures;
}

export type StreamEnd = 'application' | 'ended' | 'redirected' | 'fault' | 'twilio';

/** What happened on a stream so far. Milliseconds of audio, unless said otherwise. */
export interface StreamMeasures {
  framesSent: number;
  receivedMs: number;
  playedMs: number;
  clears: number;
  clearedMs: number;
  marks: number;
  /** How often, and how long, nothing was there to play in the middle of what was being said. */
  underruns: number;
  underrunMs: number;
  /** Queued when more had just arrived: at most, and at the median. */
  maxLeadMs: number;
  medianLeadMs: number;
  /** Audible audio that arrived after `clear` while the caller was still speaking. */
  staleMs: number;
}

/** All audio of an utterance of the caller was sent, or no more of it will be. */
export interface StreamVoiceEvent {
  kind: 'stream-voice';
  callSid: string;
  streamSid: string;
  utteranceId: string;
  text: string;
  /** When the first and the last audible sample were said, in milliseconds since 1970. */
  beginsAtMs: number;
  endsAtMs: number;
  isComplete: boolean;
}

/** The application threw away what was queued. */
export interface StreamClearedEvent {
  kind: 'stream-cleared';
  callSid: string;
  streamSid: string;
  droppedMs: number;
  /** The words in it, that nobody heard. */
  text: string;
  marks: readonly string[];
}

/** The caller heard a gap in the middle of what was being said. */
export interface StreamUnderrunEvent {
  kind: 'stream-underrun';
  callSid: string;
  streamSid: string;
  gapMs: number;
}

/** Audible audio came after `clear`, while the caller was still speaking. */
export interface StreamStaleEvent {
  kind: 'stream-stale';
  callSid: string;
  streamSid: string;
  audioMs: number;
  afterClearMs: number;
}
