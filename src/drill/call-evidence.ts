/** The evidence of one call, put together from all sources. */
import { inboundCallId, isId } from '../ids.ts';
import type { EntryOf, TruthEntry } from '../simulator/index.ts';
import type { CallRecord, Evidence, EventRecord, TurnRecord } from './evidence.ts';
import { readRun } from './run-history.ts';
import type { RunHistory } from './run-history.ts';
import { plainKeys, plainWords } from './words.ts';

export interface CallEvidence {
  callId: string;
  /** Twilio's; absent for a call that Twilio knows nothing of. */
  callSid: string | undefined;
  truth: TruthEntry[];
  runs: RunHistory[];
  row: CallRecord | undefined;
  turns: TurnRecord[];
  events: EventRecord[];
  requests: Map<string, Webhook>;
}

/** A webhook: all attempts at it. */
export interface Webhook {
  requestId: string;
  purpose: string;
  url: string;
  /** Of our own URL: the turn's key. */
  key: string | undefined;
  /** Of our own URL: the round of waiting. */
  wait: string | undefined;
  fields: ReadonlyMap<string, string>;
  /** Attempts that went onto the wire. */
  sentAtMs: number[];
  /** Answers from 200 to 299. */
  answers: EntryOf<'response'>[];
  /** All answers' status codes. */
  statuses: number[];
  /** Faults that were injected into it. */
  faults: string[];
  utteranceIds: readonly string[];
}

/** What the caller said into one Gather, as it was posted. */
export interface Posting extends Webhook {
  key: string;
  input: 'speech' | 'dtmf';
  text: string;
  /** Place in the truth log. */
  seq: number;
}

export function callsOf(evidence: Evidence): CallEvidence[] {
  const ids = new Map<string, string | undefined>(); // call id → Twilio's
  const byCall = groupBy(evidence.truth, ({ callSid }) => callSid);
  for (const [callSid, entries] of byCall) {
    if (callSid === undefined || !entries.some(({ kind }) => kind === 'call')) continue;
    ids.set(callIdOf(evidence.run.accountSid, callSid, entries), callSid);
  }
  const { calls, turns, events } = evidence.database;
  for (const { id } of calls) if (!ids.has(id)) ids.set(id, undefined);
  for (const { callId } of evidence.histories) if (!ids.has(callId)) ids.set(callId, undefined);
  const turnsOf = groupBy(turns, ({ callId }) => callId);
  const eventsOf = groupBy(events, ({ callId }) => callId);
  const historiesOf = groupBy(evidence.histories, ({ callId }) => callId);
  return [...ids].map(([callId, callSid]) => {
    const truth = callSid === undefined ? [] : (byCall.get(callSid) ?? []);
    return {
      callId,
      callSid,
      truth,
      runs: (historiesOf.get(callId) ?? []).map(readRun),
      row: calls.find(({ id }) => id === callId),
      turns: turnsOf.get(callId) ?? [],
      events: eventsOf.get(callId) ?? [],
      requests: webhooksOf(truth),
    };
  });
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** An outbound call's id is in every URL that we gave for it. */
function callIdOf(accountSid: string, callSid: string, entries: TruthEntry[]): string {
  for (const entry of entries) {
    if (entry.kind !== 'request') continue;
    const given = new URL(entry.url).searchParams.get('call');
    if (given !== null && isId('call', given)) return given;
  }
  return inboundCallId(accountSid, callSid);
}

function webhooksOf(truth: TruthEntry[]): Map<string, Webhook> {
  const webhooks = new Map<string, Webhook>();
  for (const entry of truth) {
    if (entry.kind === 'request') {
      const known = webhooks.get(entry.requestId) ?? newWebhook(entry);
      known.sentAtMs.push(entry.atMs);
      webhooks.set(entry.requestId, known);
    } else if (entry.kind === 'response') {
      const webhook = webhooks.get(entry.requestId);
      webhook?.statuses.push(entry.status);
      if (entry.status >= 200 && entry.status < 300) webhook?.answers.push(entry);
    } else if (entry.kind === 'delivered') {
      const known = webhooks.get(entry.requestId) ?? unsentWebhook(entry);
      known.utteranceIds = entry.utteranceIds;
      webhooks.set(entry.requestId, known);
    }
  }
  for (const entry of truth) {
    if (entry.kind === 'fault' && entry.requestId !== undefined) {
      webhooks.get(entry.requestId)?.faults.push(entry.fault);
    }
  }
  return webhooks;
}

function newWebhook(entry: EntryOf<'request'>): Webhook {
  return {
    requestId: entry.requestId,
    purpose: entry.purpose,
    ...placeOf(entry.url),
    fields: new Map(entry.fields),
    sentAtMs: [],
    answers: [],
    statuses: [],
    faults: [],
    utteranceIds: [],
  };
}

/** Delivered to nobody: not one attempt went onto the wire. */
function unsentWebhook(entry: EntryOf<'delivered'>): Webhook {
  const field = entry.input === 'dtmf' ? 'Digits' : 'SpeechResult';
  return {
    requestId: entry.requestId,
    purpose: 'action',
    ...placeOf(entry.url),
    fields: new Map(entry.input === 'silence' ? [] : [[field, entry.text]]),
    sentAtMs: [],
    answers: [],
    statuses: [],
    faults: [],
    utteranceIds: entry.utteranceIds,
  };
}

function placeOf(url: string): { url: string; key: string | undefined; wait: string | undefined } {
  const { searchParams } = new URL(url);
  return {
    url,
    key: searchParams.get('turn') ?? undefined,
    wait: searchParams.get('wait') ?? undefined,
  };
}

/** What the caller said, in the order in which it was posted. Silence is nothing said. */
export function postingsOf(call: CallEvidence): Posting[] {
  const order = new Map<string, number>();
  for (const entry of call.truth) {
    if ('requestId' in entry && entry.requestId !== undefined && !order.has(entry.requestId)) {
      order.set(entry.requestId, entry.seq);
    }
  }
  return [...call.requests.values()].flatMap((webhook) => {
    const { purpose, key, fields, requestId } = webhook;
    if (purpose !== 'action' || key === undefined) return [];
    const speech = plainWords(fields.get('SpeechResult') ?? '');
    const keys = plainKeys(fields.get('Digits') ?? '');
    if (speech === '' && keys === '') return [];
    const said =
      speech === ''
        ? { input: 'dtmf' as const, text: keys }
        : { input: 'speech' as const, text: fields.get('SpeechResult') ?? '' };
    return [{ ...webhook, ...said, key, seq: order.get(requestId) ?? 0 }];
  });
}

/** When Twilio's last word on the call came, in milliseconds since 1970. */
export function overAtMs(call: CallEvidence): number | undefined {
  return call.truth.find((entry) => entry.kind === 'call' && isTerminal(entry.status))?.atMs;
}

export function isTerminal(status: string): boolean {
  return ['completed', 'busy', 'failed', 'no-answer', 'canceled'].includes(status);
}
