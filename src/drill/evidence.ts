/**
 * What a drill leaves behind, for {@link checkHistory} to judge. In a folder (LOGDIR) it is:
 *
 *     run.json                        {@link RunInfo}: what was done, and what must not leak
 *     simulator.jsonl                 the simulated Twilio's truth log, an entry per line
 *     model.jsonl                     {@link ModelRequest}: what the language model was asked
 *     *.log                           what the product's processes have written
 *     database.json                   {@link DatabaseDump}: calls, turns, call_events, the outbox
 *     receiver.jsonl                  {@link ReceivedWebhook}: what customers' servers have received;
 *                                     not there when nobody was to receive anything
 *     histories/CALL.RUN.json         {@link StoredHistory}: a run of a call's workflow, unsealed
 *
 * All of it may hold speech, numbers and secrets of invented people: files are for their owner only.
 */
import type { TruthEntry } from '../simulator/index.ts';
import type { ReceivedWebhook } from './receiver/received.ts';

export type { ReceivedWebhook };

export interface RunInfo {
  /** Of everything that was random, so that the run can be had again. */
  seed: string;
  /** Command lines that run it again. */
  commands: string[];
  /** The account of the simulated Twilio: an inbound call's id follows from it. */
  accountSid: string;
  canaries: Canaries;
  /** The lines that the gateway may say by itself, as the code had them. */
  fixedLines: string[];
  /** What was killed. */
  kills: { atMs: number; process: string }[];
  /**
   * When Temporal could not be reached, in milliseconds since 1970. When given, words that were
   * refused at another time are a fault. `answersAtMs`: when it was seen to take requests again, where
   * that was looked for. Left out: not known.
   */
  temporalAway?: { fromMs: number; toMs: number; answersAtMs?: number }[];
  /** False: calls may still be in their last seconds, in which they only wait for late words. */
  isSettled: boolean;
  /** When given: a call must be over so soon after Twilio's last word, in milliseconds. */
  endWithinMs?: number;
}

/** What must never be found in a log of the product. Everything that was said is looked for, too. */
export interface Canaries {
  /** E.164. */
  numbers: string[];
  secrets: string[];
  /** Words that nobody but the caller or the model uses, each looked for by itself. */
  words: string[];
}

/** A question to the (fake) language model. */
export interface ModelRequest {
  /** Milliseconds since 1970. */
  atMs: number;
  /** The last line of the user's. */
  lastUser: string;
  /** `aborted`: whoever asked was gone before the answer. `failed`: it was answered with a fault. */
  outcome: 'answered' | 'aborted' | 'failed' | 'open';
  answer?: string;
}

export interface DatabaseDump {
  calls: CallRecord[];
  turns: TurnRecord[];
  events: EventRecord[];
  /** What customers are told of, in the order in which it was committed. */
  outbox: OutboxRecord[];
  endpoints: EndpointRecord[];
  deliveries: DeliveryRecord[];
}

export interface CallRecord {
  id: string;
  callSid: string | null;
  status: string;
  endReason: string | null;
  greeting: string | null;
  lastSequence: number;
}

export interface TurnRecord {
  callId: string;
  key: string;
  position: number;
  status: string;
  heard: { kind: string; text?: string; digits?: string };
  reply: string | null;
  replySource: string | null;
  sequence: number;
}

export interface EventRecord {
  callId: string;
  sequence: number;
  type: string;
  /** RFC 3339 */
  at: string;
  data: unknown;
}

export interface OutboxRecord {
  id: string;
  workspaceId: string;
  position: number;
  type: string;
  callId: string | null;
  sequence: number | null;
  /** RFC 3339 */
  occurredAt: string;
  /** When its transaction began, RFC 3339. */
  createdAt: string;
  data: unknown;
}

export interface EndpointRecord {
  id: string;
  workspaceId: string;
  /** Of its URL: what came for it is found by it in the receiver's log. */
  path: string;
  /** Types of events, `call.*` or `*`. */
  events: string[];
  status: string;
  createdAt: string;
}

export interface DeliveryRecord {
  id: string;
  endpointId: string;
  eventId: string;
  status: string;
  attemptCount: number;
}

/** One run of a workflow: the messages of Temporal's protocol as plain JSON, bytes in base64. */
export interface StoredHistory {
  callId: string;
  runId: string;
  events: HistoryEvent[];
}

export type HistoryEvent = Record<string, unknown>;

export interface ProductLog {
  name: string;
  text: string;
}

export interface Evidence {
  run: RunInfo;
  truth: TruthEntry[];
  model: ModelRequest[];
  database: DatabaseDump;
  histories: StoredHistory[];
  logs: ProductLog[];
  /** Left out: nobody was to receive anything. */
  received?: ReceivedWebhook[];
}
