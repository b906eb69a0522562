/** The state of a call, what can happen to it and what it may ask to be done. All of it is JSON. */
import type {
  CallInput,
  CallStatus,
  EndReason,
  Heard,
  ModelTry,
  StatusSignal,
  Step,
  Turn,
  TurnKey,
} from '../contract.ts';
import type {
  AttachRequest,
  ReconnectRequest,
  SessionEnd,
  StreamBrief,
  StreamNews,
  StreamReply,
} from '../stream-contract.ts';
import type { Assistant, Variables } from '../assistant.ts';
import type { CallEventBody } from '../events.ts';
import type { CarrierCall, DialResult, Reply } from '../../activities/ports.ts';

export interface Conversation {
  call: CallInput;
  status: CallStatus;
  /** Why the call is being ended; becomes `endReason` when it is over. */
  ending?: EndReason;
  endReason?: EndReason;
  callSid?: string;
  dial?: 'accepted' | 'refused' | 'unclear';
  /** Why Twilio refused to place the call. */
  dialCode?: string;
  assistant?: Assistant;
  /** Every turn heard in this run and the newest of earlier ones, in the order of hearing. */
  turns: Turn[];
  /** What is left of the turns before them. */
  earlier?: EarlierTurns;
  /** What was said up to the turn at position `upTo` (from 1, over all runs), in short. */
  summary?: { text: string; upTo: number };
  isSummarizing?: boolean;
  /** A summary has failed: not before the call has so many turns is one tried again. */
  summarizeFrom?: number;
  /** The newest key heard. */
  latestKey?: TurnKey;
  thinkingKey?: TurnKey;
  /** The step that answers each key; once here it never changes. */
  decided: Record<TurnKey, Step>;
  /** The keys whose decided step a webhook has taken away. */
  collected: TurnKey[];
  openStep?: Step;
  /** The key that `openStep` answers; none when no turn was answered by it. */
  openKey?: TurnKey;
  /** Silences in a row. */
  silences: number;
  /** Apologies since a model has answered last. */
  apologies?: number;
  /**
   * `stream`: the call is led over streams of audio. `gather`: it was, and goes on over TwiML for the
   * rest of it. Left out: always over TwiML.
   */
  mode?: 'stream' | 'gather';
  /** The newest stream of the call. */
  stream?: Stream;
  /** What was heard of an answer that a lost line has cut off, up to this stream. */
  cut?: Pick<StreamReply, 'text' | 'source' | 'model'> & { key: TurnKey; stream: number };
  /** Streams in a row over which nobody spoke. */
  barrenStreams?: number;
  /** The numbers of turns that a lost stream may still tell are left to it by the next one. */
  isGapDue?: true;
  /** Nobody could recognise or speak: no stream is offered any more. */
  hasSpeechFailed?: true;
  /** The caller has heard the greeting, or some of it. */
  isGreeted?: true;
  /** What was heard of a greeting that was talked over. */
  heardGreeting?: string;
  /** The record does not know it yet. */
  isGreetingUntold?: true;
  /** Failed questions to Twilio in a row. */
  carrierFailures: number;
  /** Absolute times in milliseconds. */
  deadlines: Partial<Record<Deadline, number>>;
  startedAt: number;
  answeredAt?: number;
  /** That it was answered is recorded when it is known with which words. */
  isAnswerRecorded?: boolean;
  endedAt?: number;
  durationSeconds?: number;
}

/** One stream of audio between Twilio and a media worker. */
export interface Stream {
  /** From 1. */
  number: number;
  /** `offered`: Twilio was told of it. `attached`: a media worker leads it. */
  is: 'offered' | 'attached' | 'over';
  offeredAt: number;
  /** Until then it is let in, in milliseconds. */
  until: number;
  /** Twilio's id. */
  streamSid?: string;
  /** Of its media worker. */
  taskQueue?: string;
  attachedAt?: number;
  /** What its media worker was told to begin with. */
  opening?: Pick<StreamBrief, 'say' | 'isGreeting' | 'nextKey'> & { pendingKey?: TurnKey };
  /** Somebody has spoken over it. */
  hasTurn?: true;
  /** Its media worker has told what became of the pending turn. */
  isPendingTold?: true;
  /** When it was known to be over. */
  overAt?: number;
  /** Twilio is being sent to what follows it. */
  isFetched?: true;
  /** Why it is over, where its media worker could say so. */
  why?: StreamLoss;
}

/** `died`: nothing was heard of the session any more. */
export type StreamLoss = SessionEnd['why'] | 'died';

/** Turns of earlier runs, which the record has and the workflow no longer. */
export interface EarlierTurns {
  /** In the order of hearing: each is still known for a duplicate. */
  keys: TurnKey[];
  /** How many of them a model has answered. */
  modelReplies: number;
}

/**
 * `ring`: nobody has answered. `quiet`: Twilio has not come back for longer than a caller can take.
 * `length`: the call is too long. `goodbye`: the last words must have been said by now. `close`:
 * the call is over and late words are no longer waited for. `stream`: Twilio should have come back for
 * what follows a stream that is over.
 */
export type Deadline = 'ring' | 'quiet' | 'length' | 'goodbye' | 'close' | 'stream';

export type ConversationEvent = { at: number } &
  /** `variables` and `metadata`: of this call, as somebody has said when it came. */
  (
    | {
        type: 'loaded';
        assistant?: Assistant;
        variables?: Variables;
        metadata?: Record<string, string>;
      }
    | { type: 'dialled'; result: DialResult }
    | { type: 'begun'; callSid: string }
    | { type: 'spoke'; key: TurnKey; heard: Heard }
    | { type: 'replied'; key: TurnKey; reply: Reply }
    | { type: 'reply-failed'; key: TurnKey; tries?: ModelTry[] }
    /** `upTo`: the position of the last turn that the summary tells. */
    | { type: 'summarized'; summary: string; upTo: number }
    | { type: 'summary-failed' }
    /** A webhook took the decided step of `key` away. */
    | { type: 'collected'; key: TurnKey }
    | { type: 'status'; status: StatusSignal }
    /** Twilio was asked: its view of the call, nothing if it has no such call. */
    | { type: 'carrier-answered'; call?: CarrierCall }
    | { type: 'carrier-failed' }
    | { type: 'end-requested'; message: string }
    | { type: 'attached'; request: AttachRequest }
    | { type: 'reconnected'; request: ReconnectRequest }
    | { type: 'stream-news'; news: StreamNews }
    | { type: 'session-over'; stream: number; why: StreamLoss }
    /** A deadline may have passed. */
    | { type: 'time' }
  );

export type Effect =
  | { do: 'dial' }
  | { do: 'ask-model'; key: TurnKey }
  | { do: 'drop-model'; key: TurnKey }
  /** Make a summary of what was said up to the turn at this position. */
  | { do: 'summarize'; upTo: number }
  /** Ask Twilio how the call stands. */
  | { do: 'ask-carrier' }
  /** Look for a call that may have been placed. */
  | { do: 'find-call' }
  | { do: 'hang-up'; say: string }
  /** Look after the session of this stream for as long as it lives. */
  | { do: 'run-session'; stream: number }
  /** End it. */
  | { do: 'stop-session'; stream: number }
  /** Have Twilio ask what follows this stream, as it does not do so by itself. */
  | { do: 'redirect'; stream: number }
  /** It has come by itself. */
  | { do: 'drop-redirect'; stream: number }
  /** `at`: when it happened, in milliseconds. */
  | { do: 'record'; event: CallEventBody; at: number };

/** The state machine under way, as those see it who carry out its effects. */
export interface Machine {
  state(): Conversation;
  dispatch(event: ConversationEvent): void;
}

/** A state being changed, and what is to be done about it. */
export interface Draft {
  state: Conversation;
  effects: Effect[];
  at: number;
}

export function record(draft: Draft, event: CallEventBody, at: number = draft.at): void {
  draft.effects.push({ do: 'record', event: withGreeting(draft.state, event), at });
}

function withGreeting(state: Conversation, event: CallEventBody): CallEventBody {
  const { heardGreeting: greeting, isGreetingUntold } = state;
  const isNext = event.type === 'call.turn.completed' || event.type === 'call.ended';
  if (!isNext || !isGreetingUntold || greeting === undefined) return event;
  delete state.isGreetingUntold;
  return { ...event, greeting };
}

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
