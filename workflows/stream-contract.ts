/**
 * The contract of a call that is led over streams of audio: what media workers say to its workflow, and
 * what it answers. Like `contract.ts` it is imported by both sides and holds no logic.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { CallSoFar } from '../activities/ports.ts';
import type { Assistant } from './assistant.ts';
import type { Heard, ModelTry, Step, Tokens, Turn, TurnKey, TurnTimings } from './contract.ts';

/** A stream is connected: its media worker redeems the token that the step gave out. */
export interface AttachRequest {
  /** Which one, as its step says. */
  stream: number;
  callSid: string;
  /** Twilio's id of the stream: a repeated request gets the same answer, another one is refused. */
  streamSid: string;
  /** The media worker's own: the session's activity runs there. */
  taskQueue: string;
}

/** What a media worker must know to lead the conversation. */
export interface StreamBrief {
  call: CallSoFar & { assistant: Assistant };
  /** To be said first: the greeting, or what bridges a lost stream; may be empty. */
  say: string;
  /** `greeting`: nobody has been greeted yet, and `say` does it. */
  isGreeting: boolean;
  /** Words that have not been answered: they are, after `say`. */
  pending?: { key: TurnKey; heard: Heard };
  /** Of the next listen step. */
  nextKey: TurnKey;
  /** So many more answers of a model, then the call is ended with its farewell. */
  turnsLeft: number;
  /** Silences in a row so far. */
  silences: number;
  /** Apologies since a model has answered last; left out: none. */
  apologies?: number;
}

/** What happened over a stream, in its order. Repetitions change nothing. */
export type StreamNews = { stream: number; /** RFC 3339 */ at: string } & (
  | { what: 'heard'; key: TurnKey; heard: Heard }
  /** What the caller heard for an answer; for key `0` of the first words. */
  | { what: 'said'; key: TurnKey; reply: StreamReply }
);

export interface StreamReply {
  /** What was really heard of it. */
  text: string;
  isInterrupted: boolean;
  /** The line was lost in the middle of it, and the call goes on: whoever goes on answers again. */
  isCut?: true;
  source: NonNullable<Turn['replySource']>;
  model?: string;
  tokens?: Tokens;
  tries?: ModelTry[];
  timings?: TurnTimings;
  /** These were the last words, and why: the call is to be hung up. */
  end?: 'assistant-ended' | 'end-phrase' | 'silence' | 'max-turns' | 'models-failed';
}

/**
 * The activities on a media worker's own task queue. Its session is looked after by one of them as long
 * as it lives: the result says why it is over, and the heartbeat (each second, with its own time in Unix
 * milliseconds as details; 2.5 s without is its death) that it is not.
 */
export interface MediaActivities {
  /**
   * May be asked again for a session that lives, and then takes it over from the activity before:
   * the workflow goes on in a new run, or Temporal was away for longer than the heartbeat allows.
   * So only a cancellation that was asked for (`cancelRequested`) hangs up; one because the run is not
   * found any more or because a heartbeat came too late leaves the session alone for some seconds, until
   * it is asked for again. For a session that is over it returns at once what it ended with, and
   * `lost` for one that this worker does not know.
   */
  mediaSession(order: SessionOrder): Promise<SessionEnd>;
}

export interface SessionOrder {
  callId: string;
  callSid: string;
  stream: number;
  streamSid: string;
}

/** Why a session of a media worker is over. */
export interface SessionEnd {
  why:
    | 'stopped' //       Twilio says that the call or the stream is over
    | 'lost' //          the connection broke
    | 'moved' //         the media worker is leaving: another one goes on
    | 'speech-failed' // nobody can recognise or speak: the call goes on over TwiML
    | 'refused'; //      the session could not begin
}

/** Twilio comes back because a stream is over. */
export interface ReconnectRequest {
  callSid: string;
  /** Which one is over. */
  stream: number;
}

/**
 * Lets a stream in, once. Update id: `attach-<stream>-<streamSid>-<taskQueue>`.
 * @throws ApplicationFailure `StreamRefused` when it is not the one that is waited for.
 */
export const attachUpdate = defineUpdate<StreamBrief, [AttachRequest]>('attach');
/** Waits for what follows a stream that is over. Update id: `reconnect-<stream>`. */
export const reconnectUpdate = defineUpdate<Step, [ReconnectRequest]>('reconnect');
export const streamSignal = defineSignal<[StreamNews]>('stream');

/** What was said in a long call up to some turn, in short. */
export interface ShortStory {
  text: string;
  /** The newest turn that it tells. */
  upTo: TurnKey;
}

/** The newest one; nothing when there is none. */
export const shortStoryQuery = defineQuery<ShortStory | undefined>('short-story');

/** `type` of the ApplicationFailure that refuses a stream. */
export const STREAM_REFUSED = 'StreamRefused';
