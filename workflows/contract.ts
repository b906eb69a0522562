/**
 * The contract of a call: what may be said to its workflow and what it answers.
 *
 * Both sides import this file (the gateway and the workflow), so they cannot drift. It holds no
 * logic and needs nothing but `@temporalio/workflow`.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ListenPlan, Variables, Voice } from './assistant.ts';

export const TASK_QUEUE = 'voca-calls';
export const CALL_WORKFLOW = 'call';

/**
 * Search attributes, all of type Keyword. They are never encrypted: no number, no name.
 * `VocaStatus` is `ringing`, `in-progress` or `ended`: every change is an event of the history,
 * so it follows the call only when it starts, is answered and ends.
 */
export const SEARCH_ATTRIBUTES = {
  status: { name: 'VocaStatus', type: 'KEYWORD' },
  direction: { name: 'VocaDirection', type: 'KEYWORD' },
  assistant: { name: 'VocaAssistant', type: 'KEYWORD' },
  endReason: { name: 'VocaEndReason', type: 'KEYWORD' },
  workspace: { name: 'VocaWorkspace', type: 'KEYWORD' },
} as const;

export type Direction = 'inbound' | 'outbound';

/** The one word that says where a call stands. */
export type CallStatus =
  | 'dialling' //  outbound: Twilio was or is being asked to place the call
  | 'ringing' //   nobody has answered yet
  | 'listening' // the last step was decided; it is the caller's turn
  | 'thinking' //  the caller has spoken; a reply is being made
  | 'speaking' //  the last words are being said; the call ends after them
  | 'ended';

export type EndReason =
  | 'caller-hung-up'
  | 'assistant-ended' //    the language model ended it
  | 'end-phrase' //         the caller said one of the assistant's end phrases
  | 'silence'
  | 'max-duration'
  | 'max-turns'
  | 'operator' //           ended over the API or the command line
  | 'no-answer'
  | 'busy'
  | 'canceled'
  | 'failed' //             Twilio could not place or keep the call
  | 'dial-refused' //       Twilio refused to place the call; nobody was dialled
  | 'dial-unclear' //       it is not known whether Twilio placed the call; never dialled again
  | 'models-failed' //      no language model answered, as often in a row as the assistant allows
  | 'no-assistant' //       no assistant could be loaded
  | 'carrier-silent'; //    Twilio went quiet, and says the call is over or unknown

/** Arguments of the `call` workflow: what must not be lost when a call begins. */
export interface CallInput {
  callId: string;
  direction: Direction;
  accountSid: string;
  /** Known at once for an inbound call; for an outbound one after Twilio has accepted it. */
  callSid?: string;
  from: string;
  to: string;
  /** Outbound: whose voice; without it, and inbound, the one that `from` or `to` is routed to. */
  assistantId?: string;
  /** Outbound: whose call it is; without it, and inbound, the assistant's or the number's owner. */
  workspaceId?: string;
  /** What stands for `{{name}}` in the assistant's texts in this call, over its own defaults. */
  variables?: Variables;
  /** The customer's own notes on this call; of no meaning here. */
  metadata?: Record<string, string>;
}

/** `begin`: a webhook says that the call is up and asks for the first step. */
export interface BeginRequest {
  callSid: string;
}

/**
 * A turn's key: the number of its listen step (`3`), or, when Temporal took nothing in time and
 * the caller was asked to say it again, that number and the count of the asking (`3-2`).
 */
export type TurnKey = string;

/** What came of one listen step. */
export type Heard =
  | { kind: 'speech'; text: string; confidence?: number }
  | { kind: 'keys'; digits: string }
  | { kind: 'silence' };

export interface SpokeSignal {
  key: TurnKey;
  heard: Heard;
}

/** Twilio's words for a call that is over. Protocol: CallStatus. */
export const FINAL_STATUSES: readonly string[] = [
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
];

/** A status callback, or Twilio's own view when it was asked. */
export interface StatusSignal {
  callSid: string;
  /** Twilio's word: queued, initiated, ringing, in-progress, completed, busy, failed, ... */
  callStatus: string;
  /** Twilio's SequenceNumber; absent in the number's own callback. */
  sequence?: number;
  answeredBy?: string;
  durationSeconds?: number;
  sipResponseCode?: string;
}

/** What the caller is to hear, and what happens then. Small JSON; `src/twilio` makes TwiML of it. */
export interface Step {
  /** Plain words, never markup; may be empty. */
  say: string;
  voice: Voice;
  next: NextAction;
}

export type NextAction =
  /** Listen for the turn `key`. */
  | { kind: 'listen'; key: TurnKey; listen: ListenPlan }
  /**
   * Talk over a stream of audio, the `stream`th one of the call (from 1). It must be connected by
   * `until`, in milliseconds: the token that lets it in ends then. What is to be said first (`say`) is
   * said over the stream, as its brief tells.
   */
  | { kind: 'stream'; stream: number; until: number }
  /** This turn was passed over: ask again for what is going on now. */
  | { kind: 'resume' }
  | { kind: 'hangup' };

export interface EndRequest {
  reason: 'operator';
  /** Said before the call is hung up; empty to hang up at once. */
  message: string;
}

/** One exchange of the conversation, as it is kept. */
export interface Turn {
  key: TurnKey;
  heard: Heard;
  /**
   * `thinking`: a reply is being made. `answered`: `reply` was decided. `superseded`: newer words
   * came before it was decided. `unanswered`: came too late to be asked. `unheard`: a reply was
   * decided and nobody heard it.
   */
  status: 'thinking' | 'answered' | 'superseded' | 'unanswered' | 'unheard';
  reply?: string;
  /** Why `reply` is not the model's: the model failed, ran out of time, or was not asked. */
  replySource?: 'model' | 'apology' | 'script';
  /** The language model that made the reply. */
  model?: string;
  tokens?: Tokens;
  /** The questions to models that this turn took, in order, also when all of them failed. */
  tries?: ModelTry[];
  /** The caller talked over the reply, and `reply` is what was heard of it. */
  isInterrupted?: boolean;
  /** Over a stream: how long each part of the answer took. */
  timings?: TurnTimings;
  /** RFC 3339 with milliseconds. */
  heardAt: string;
  repliedAt?: string;
}

/** The parts of one answer over a stream, in milliseconds since the caller's voice ended. */
export interface TurnTimings {
  /** The recogniser had its last words. */
  recognisedMs?: number;
  /** It was decided that the caller had ended. */
  committedMs?: number;
  /** The model's first word was there. */
  firstTokenMs?: number;
  /** The first piece of speech was there. */
  firstAudioMs?: number;
  /** The caller began to hear the answer. */
  heardMs?: number;
}

/** As the model's vendor counts them. */
export interface Tokens {
  prompt: number;
  completion: number;
}

/** One question to a language model. */
export interface ModelTry {
  /** Provider and model, such as `openai/gpt-4o-mini`. */
  model: string;
  /** How long it took, in milliseconds. */
  ms: number;
  /** `skipped`: not asked, as its provider has failed so often or has asked us to wait. */
  outcome:
    'answered' | 'timeout' | 'rate-limit' | 'refused' | 'unavailable' | 'bad-answer' | 'skipped';
}

/** A call as it stands now: the answer to the `snapshot` query. */
export interface CallSnapshot {
  callId: string;
  callSid?: string;
  direction: Direction;
  from: string;
  to: string;
  status: CallStatus;
  endReason?: EndReason;
  assistant?: { id: string; version: number; name: string };
  workspaceId?: string;
  metadata?: Record<string, string>;
  /** Unclear: Twilio's answer to our request to place the call was lost. */
  dial?: 'accepted' | 'refused' | 'unclear';
  /** Refused: Twilio's error code, or what kept the request from reaching it. */
  dialCode?: string;
  greeting?: string;
  /** The newest turns; of a long call the record has the others. */
  turns: Turn[];
  /** So many turns came before `turns`. */
  earlierTurns?: number;
  /** The key of the turn that is being thought about. */
  thinkingKey?: TurnKey;
  /** The step that was decided last; repeated when Twilio comes back without a turn. */
  openStep?: Step;
  /** The key of the turn that `openStep` answers, `0` for the greeting. */
  openKey?: TurnKey;
  startedAt: string;
  answeredAt?: string;
  endedAt?: string;
  /** Twilio's own count, once it has told it. */
  durationSeconds?: number;
}

/** Asks for the first step. Update id: `begin`. */
export const beginUpdate = defineUpdate<Step, [BeginRequest]>('begin');
/** Waits for the decided step of a turn; carries no words. Update id: `turn-<key>`. */
export const turnUpdate = defineUpdate<Step, [TurnKey]>('turn');
/** Ends the call in order. Update id: `end`. Completes when the call is being hung up. */
export const endUpdate = defineUpdate<void, [EndRequest]>('end');

export const spokeSignal = defineSignal<[SpokeSignal]>('spoke');
export const statusSignal = defineSignal<[StatusSignal]>('status');

export const snapshotQuery = defineQuery<CallSnapshot>('snapshot');
/** Whether words for this turn have arrived. */
export const heardQuery = defineQuery<boolean, [TurnKey]>('heard');

/** `type` of the ApplicationFailure that releases an update when the call continues as new. */
export const MOVED = 'CallMoved';
