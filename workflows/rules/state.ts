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
 * the call is over and late words are no longer waited for.
 */
export type Deadline = 'ring' | 'quiet' | 'length' | 'goodbye' | 'close';

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
  /** `at`: when it happened, in milliseconds. */
  | { do: 'record'; event: CallEventBody; at: number };

/** A state being changed, and what is to be done about it. */
export interface Draft {
  state: Conversation;
  effects: Effect[];
  at: number;
}

export function record(draft: Draft, event: CallEventBody, at: number = draft.at): void {
  draft.effects.push({ do: 'record', event, at });
}

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
