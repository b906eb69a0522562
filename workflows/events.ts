/**
 * Domain events: what happened in a call, for the record. The workflow numbers them from 1 without
 * gaps and hands them in batches to the recording activity, which may see a batch twice.
 */
import type { CallInput, EndReason, ModelTry, Turn, TurnKey } from './contract.ts';

export type CallEvent = { sequence: number; /** RFC 3339 */ at: string } & CallEventBody;

export type CallEventBody =
  | { type: 'call.created'; call: CreatedCall; assistant?: AssistantRef }
  | { type: 'call.queued'; callSid: string }
  | { type: 'call.ringing'; callSid: string }
  | { type: 'call.answered'; callSid: string; greeting: string; assistant?: AssistantRef }
  /** `position` counts the turns of a call from 1 in the order in which they were heard. */
  | ({ type: 'call.turn.completed'; position: number; turn: Turn } & HeardGreeting)
  | DegradedTurn
  | ({
      type: 'call.ended';
      reason: EndReason;
      callSid?: string;
      durationSeconds?: number;
    } & HeardGreeting)
  /** After `call.ended`: what was said in this session, this call included, in short. */
  | { type: 'call.summarized'; text: string; model: string };

/** Known only afterwards, and told once, with what is told next. */
interface HeardGreeting {
  /** What the caller heard of a greeting that he talked over, in place of the whole. */
  greeting?: string;
}

/** Behind `call.turn.completed`: the caller was not answered by the model that should have. */
export interface DegradedTurn {
  type: 'call.degraded';
  turnKey: TurnKey;
  position: number;
  /** `fallback_model`: a later one of the chain spoke. `apology`: none did. */
  cause: 'fallback_model' | 'apology';
  /** The one that answered. */
  model?: string;
  /** Of the turn, in order. */
  tries: ModelTry[];
}

/** How a call began. What fills its texts is not kept: it may be secret, and the texts tell it. */
export type CreatedCall = Omit<CallInput, 'callId' | 'variables'>;

export interface AssistantRef {
  id: string;
  version: number;
  /** The workspace that it belongs to. */
  workspaceId?: string;
}

export interface RecordBatch {
  callId: string;
  /** In order of `sequence`; never empty. */
  events: CallEvent[];
}
