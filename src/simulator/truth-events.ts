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
  | ErrorEvent;

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
  | 'error'; //   Twilio's application error message

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
