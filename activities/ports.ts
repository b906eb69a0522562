/**
 * What activities need from the outside, as small interfaces. The worker gives them the real parts
 * (`src/orchestrator`, `src/twilio`, `src/db`); tests give them scripted ones.
 */
import type { Assistant, Variables } from '../workflows/assistant.ts';
import type { Direction, Heard, ModelTry, StatusSignal, Tokens } from '../workflows/contract.ts';
import type { RecordBatch } from '../workflows/events.ts';

/** One line of the conversation so far. */
export type Utterance =
  | {
      who: 'assistant';
      /** What the caller heard of it. */
      text: string;
      /** The caller talked over it, so that `text` breaks off. */
      isInterrupted?: true;
    }
  | { who: 'caller'; heard: Exclude<Heard, { kind: 'silence' }> };

/** Of an assistant, what a model is asked with. A history keeps it with every question: no more than that. */
export type Speaker = Pick<
  Assistant,
  'id' | 'version' | 'instructions' | 'models' | 'voice' | 'apology'
>;

/** A call as the orchestrator sees it: whose voice, and what was said and heard. */
export interface CallSoFar {
  callId: string;
  assistant: Speaker;
  /** What was said in earlier calls between the two, in short. */
  memory?: string;
  /** What was said before `utterances`, in short, when the call has become long. */
  summary?: string;
  utterances: Utterance[];
  /** When the call began, RFC 3339: what "tomorrow" means in it. */
  startedAt: string;
}

export interface Reply {
  /** Plain words. */
  text: string;
  /** The assistant ends the call with these words. */
  end: boolean;
  model: string;
  tokens?: Tokens;
  /** Every question to a model that was needed, in order; the last one answered. */
  tries?: ModelTry[];
}

export interface Summary {
  /** Plain words; never empty. */
  text: string;
  model: string;
}

export interface Orchestrator {
  /**
   * Answers what was just heard.
   * @throws when no model answered in time; the error's message holds nothing that was said.
   */
  generateReply(call: CallSoFar, heard: Heard, options: { signal?: AbortSignal }): Promise<Reply>;
  /**
   * Folds the call's summary so far and its `utterances` into one short summary, so that the prompt
   * of a long call stays bounded. Of a call that is over (`isOver`), what is to be known in the next
   * one, with what `memory` tells of earlier ones.
   * @throws when no model made one in time; the error's message holds nothing that was said.
   */
  summarize(call: CallSoFar, options: { signal?: AbortSignal; isOver?: boolean }): Promise<Summary>;
}

export interface DialOrder {
  callId: string;
  from: string;
  to: string;
  /** Seconds to let it ring. */
  ringSeconds: number;
  /** Seconds after which Twilio itself cuts the call. */
  limitSeconds: number;
}

export type DialResult =
  | { outcome: 'accepted'; callSid: string }
  /** Twilio answered that it did not place the call, or could not be reached at all. */
  | { outcome: 'refused'; code: string }
  /** The request may have arrived: the call may have been placed. */
  | { outcome: 'unclear' };

/** Twilio's own view of a call. */
export interface CarrierCall {
  callSid: string;
  status: string;
  durationSeconds?: number;
  answeredBy?: string;
}

export interface Carrier {
  /** Asks Twilio once to place a call. Never throws, never tries again. */
  placeCall(order: DialOrder): Promise<DialResult>;
  /** @throws when Twilio cannot be asked. */
  fetchCall(callSid: string): Promise<CarrierCall | undefined>;
  /**
   * Looks for a call that may have been placed; undefined unless there is exactly one.
   * @throws when Twilio cannot be asked.
   */
  findCall(query: { from: string; to: string; since: string }): Promise<CarrierCall | undefined>;
  /**
   * Ends a call, after saying `say` if given. A call that is over already is a success.
   * @throws when Twilio cannot be asked.
   */
  hangUp(callSid: string, say?: { text: string; language: string; voice?: string }): Promise<void>;
  /**
   * Has Twilio ask at once what follows a stream that is over, whatever it is doing.
   * @returns whether the call is still up
   * @throws when Twilio cannot be asked.
   */
  redirect(callSid: string, lost: { callId: string; stream: number }): Promise<boolean>;
}

/** Who is concerned by a call. */
export interface CallParties {
  /** Whose assistant it must be; left out for anybody's. */
  workspaceId?: string;
  /** The number of the other side, as Twilio gives it: E.164, or one that stands for a withheld one. */
  customer?: string;
}

export interface Assistants {
  /**
   * With its `memory` of `about.customer`, if there is one. An assistant of another workspace than
   * `about.workspaceId` is none. @throws when the database cannot be asked.
   */
  findById(id: string, about?: CallParties): Promise<Assistant | undefined>;
  /**
   * The assistant that a number of ours is routed to, with its `memory` of `about.customer`.
   * @throws when the database cannot be asked.
   */
  findByNumber(
    number: string,
    about?: Pick<CallParties, 'customer'>,
  ): Promise<Assistant | AsksFirst | undefined>;
}

/** Who answers the calls to a number is asked of its owner's server, call by call. */
export interface AsksFirst {
  asks: {
    /** Our id of the number. */
    numberId: string;
    /** Whose it is. */
    workspaceId: string;
  };
  /** Who answers when the server does not say; null: nobody. */
  otherwise: Assistant | null;
}

/** A call that has come, as its owner's server is told of it. */
export interface AssistantQuestion {
  callId: string;
  /** Twilio's id. */
  callSid?: string;
  from: string;
  to: string;
  /** When the call came, RFC 3339. */
  startedAt: string;
  numberId: string;
  workspaceId: string;
  /** Who answers when the server does not say. */
  defaultAssistantId?: string;
}

/** What the server said. */
export interface AssistantChoice {
  /** Left out: the number's own one. */
  assistant?: Assistant;
  variables?: Variables;
  metadata?: Record<string, string>;
}

export interface AssistantRequests {
  /**
   * Asks the server of the number's owner once; undefined when it is not to be asked any more.
   * @throws an error whose `code` says what was wrong, and whose `retryable` whether it may pass.
   */
  ask(
    question: AssistantQuestion,
    options: { signal?: AbortSignal },
  ): Promise<AssistantChoice | undefined>;
}

export interface CallRecords {
  /** Writes what is new of a batch in one transaction; a batch seen before changes nothing. */
  record(batch: RecordBatch): Promise<void>;
}

/** A call that Twilio has in hand at this moment, whoever it belongs to. */
export interface LiveCall {
  callSid: string;
  /** Twilio's word: inbound, outbound-api, outbound-dial. */
  direction: string;
  status: string;
  from: string;
  to: string;
  /** When it was made, RFC 3339; absent when Twilio does not say. */
  since?: string;
}

/** The live calls of the account, and what may be done for one that nobody answers. */
export interface CarrierLine {
  /** All live calls of the account, those of other applications too. @throws when Twilio is away. */
  listLive(): Promise<LiveCall[]>;
  /** Whether Twilio brings the calls to this number to us. @throws when Twilio is away. */
  leadsToUs(number: string): Promise<boolean>;
  /** Lets an answered inbound call begin with our first webhook. @throws when Twilio is away. */
  beginAgain(callSid: string): Promise<void>;
}

export interface OpenCall {
  callId: string;
  direction: Direction;
  /** RFC 3339. */
  startedAt: string;
}

/** The workflows of calls. All of it throws when Temporal cannot be asked. */
export interface CallWorkflows {
  /** The calls that are not over; Temporal's list lags behind a little. */
  listOpen(): Promise<OpenCall[]>;
  stateOf(callId: string): Promise<'open' | 'closed' | 'unknown'>;
  /** What the call itself says; undefined when there is none. Also throws without a worker. */
  standing(callId: string): Promise<{ callSid?: string; isOver: boolean } | undefined>;
  /** Passes on Twilio's view; one that is closed does not need it. */
  tell(callId: string, status: StatusSignal): Promise<void>;
}

/** What the database knows of numbers and calls. All of it throws when it is away. */
export interface CallIndex {
  /** Our numbers, E.164. */
  numbers(): Promise<string[]>;
  /** Our ids of calls by Twilio's; those of others are left out. */
  callIdsOf(callSids: string[]): Promise<Map<string, string>>;
}
