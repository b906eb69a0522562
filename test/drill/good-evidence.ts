/**
 * The evidence of a run in which everything went well, made by hand: a call with two turns, the
 * second one behind a filler, and a call whose words were refused once and said again. A customer's
 * server has received all events, one of them twice.
 */
import type {
  DatabaseDump,
  Evidence,
  HistoryEvent,
  OutboxRecord,
  ReceivedWebhook,
  StoredHistory,
  TurnRecord,
} from '../../src/drill/evidence.ts';
import { callEventId, inboundCallId } from '../../src/ids.ts';
import { eventBody } from '../../src/webhooks/event-body.ts';
import type { TruthEntry, TruthEvent } from '../../src/simulator/index.ts';

const ACCOUNT = `AC${'a'.repeat(32)}`;
const CALLER = '+14155550123';
const OUR_NUMBER = '+15005550006';
export const FIRST = callOf('1');
export const SECOND = callOf('2');
export const FILLER = 'One moment, please.';
export const ASK_AGAIN = 'Sorry, I did not get that. Could you say it again, please?';
export const GREETING = 'Hello, this is the assistant of the test.';
const WORKSPACE = 'ws_customer';
const STARTED = Date.UTC(2026, 0, 1);

export interface Call {
  callSid: string;
  callId: string;
}

function callOf(digit: string): Call {
  const callSid = `CA${digit.repeat(32)}`;
  return { callSid, callId: inboundCallId(ACCOUNT, callSid) };
}

export interface SpokenTurn {
  key: string;
  words: string;
  reply: string;
  /** Over a stream. */
  isInterrupted?: boolean;
  isKeys?: boolean;
}

const FIRST_TURNS: SpokenTurn[] = [
  { key: '1', words: 'a table for zanzibar please', reply: 'A table. For how many people?' },
  { key: '2', words: 'for four of us', reply: 'Four people, very good. What is your name?' },
];
const SECOND_TURNS: SpokenTurn[] = [
  { key: '1-2', words: 'my second attempt', reply: 'Now I have understood your attempt.' },
];

export function goodEvidence(): Evidence {
  const log = new Story();
  log.begin(FIRST);
  log.say(FIRST, FIRST_TURNS[0]!);
  log.say(FIRST, FIRST_TURNS[1]!, { filler: true });
  log.end(FIRST);
  log.begin(SECOND);
  log.refused(SECOND, '1', 'nobody takes these words');
  log.say(SECOND, SECOND_TURNS[0]!);
  log.end(SECOND);
  const turns = [...FIRST_TURNS, ...SECOND_TURNS];
  const database = databaseOf([
    [FIRST, FIRST_TURNS],
    [SECOND, SECOND_TURNS],
  ]);
  return {
    run: {
      seed: '7',
      commands: ['npm run bench -- recovery --seed 7'],
      accountSid: ACCOUNT,
      canaries: {
        numbers: [CALLER, OUR_NUMBER],
        secrets: ['sk-very/secret+key'],
        words: ['zanzibar'],
      },
      fixedLines: [FILLER, ASK_AGAIN],
      kills: [{ atMs: STARTED + 500, process: 'voca-worker-1' }],
      isSettled: true,
    },
    truth: log.entries,
    model: turns.map(({ words, reply }, at) => ({
      atMs: STARTED + at,
      lastUser: words,
      outcome: 'answered' as const,
      answer: reply,
    })),
    database,
    received: receivedOf(database.outbox),
    histories: [historyOf(FIRST, FIRST_TURNS), historyOf(SECOND, SECOND_TURNS)],
    logs: [
      {
        name: 'voca.log',
        text: [
          '{"level":"info","role":"worker","pid":4155,"time":1795527074000,"msg":"ready"}',
          `{"level":"warn","callId":"${SECOND.callId}","turn":"1","msg":"words were refused: Temporal did not take them, the caller is asked to repeat"}`,
          '',
        ].join('\n'),
      },
    ],
  };
}

/** Writes down what happens, as the simulated Twilio does. */
class Story {
  readonly entries: TruthEntry[] = [];
  #requests = 0;

  add(event: TruthEvent): TruthEntry {
    const seq = this.entries.length;
    const entry = { seq, atMs: STARTED + seq * 10, ...event } as TruthEntry;
    this.entries.push(entry);
    return entry;
  }

  begin(call: Call): void {
    this.#call(call, 'ringing');
    const requestId = this.#request(call, 'voice', '/webhook/voice', []);
    this.#answer(call, requestId, 'voice', `<Gather><Say>${GREETING}</Say></Gather>`);
    this.#call(call, 'in-progress');
    this.#heard(call, GREETING, requestId);
  }

  say(call: Call, { key, words, reply }: SpokenTurn, { filler = false } = {}): void {
    const listening = `<Gather><Say>${reply}</Say></Gather>`;
    const first = filler ? `<Say>${FILLER}</Say><Redirect>/again</Redirect>` : listening;
    let requestId = this.#post(call, key, words, first);
    if (filler) {
      this.#heard(call, FILLER, requestId);
      requestId = this.#request(call, 'redirect', speechPath(call, key, 1), []);
      this.#answer(call, requestId, 'redirect', listening);
    }
    this.#heard(call, reply, requestId);
  }

  refused(call: Call, key: string, words: string): void {
    const action = speechPath(call, `${key}-2`).replaceAll('&', '&amp;');
    const body = `<Gather action="${action}"><Say>${ASK_AGAIN}</Say></Gather>`;
    this.#heard(call, ASK_AGAIN, this.#post(call, key, words, body));
  }

  end(call: Call): void {
    this.#call(call, 'completed', 'caller-hung-up');
    const requestId = this.#request(call, 'status', '/call/status', [['CallStatus', 'completed']]);
    this.#answer(call, requestId, 'status', '', 204);
  }

  #post(call: Call, key: string, words: string, answer: string): string {
    const { callSid } = call;
    const utteranceId = `said-${this.entries.length}`;
    this.add({ kind: 'spoke', callSid, utteranceId, input: 'speech', text: words, heard: true });
    const path = speechPath(call, key);
    const requestId = this.#request(call, 'action', path, [['SpeechResult', words]]);
    this.#answer(call, requestId, 'action', answer);
    this.add({
      kind: 'delivered',
      callSid,
      utteranceIds: [utteranceId],
      requestId,
      url: `http://voca.test${path}`,
      input: 'speech',
      text: words,
      answered: true,
      executed: true,
    });
    return requestId;
  }

  #call({ callSid }: Call, status: string, reason?: string): void {
    this.add({
      kind: 'call',
      callSid,
      status,
      direction: 'inbound',
      from: CALLER,
      to: OUR_NUMBER,
      ...(reason !== undefined && { reason }),
    });
  }

  #heard({ callSid }: Call, text: string, requestId: string): void {
    this.add({ kind: 'heard', callSid, source: 'say', text, requestId });
  }

  #request(
    { callSid }: Call,
    purpose: 'voice' | 'action' | 'redirect' | 'status',
    path: string,
    fields: [string, string][],
  ): string {
    this.#requests += 1;
    const requestId = `request-${this.#requests}`;
    const url = `http://voca.test${path}`;
    const place = { callSid, requestId, purpose, attempt: 1, sending: 1 };
    this.add({ kind: 'request', ...place, method: 'POST', url, fields, headers: {}, body: '' });
    return requestId;
  }

  #answer(
    { callSid }: Call,
    requestId: string,
    purpose: 'voice' | 'action' | 'redirect' | 'status',
    verbs: string,
    status = 200,
  ): void {
    this.add({
      kind: 'response',
      callSid,
      requestId,
      purpose,
      attempt: 1,
      sending: 1,
      status,
      contentType: 'text/xml',
      body: `<Response>${verbs}</Response>`,
      bodySha256: '',
      durationMs: 10,
    });
  }
}

function speechPath({ callSid, callId }: Call, key: string, wait?: number): string {
  const round = wait === undefined ? '' : `&wait=${wait}`;
  return `/process_speech/${callSid}?call=${callId}&turn=${key}${round}`;
}

function eventsOf({ callSid }: Call, turns: SpokenTurn[]) {
  const bodies = [
    { type: 'call.created' },
    { type: 'call.answered', callSid, greeting: GREETING },
    ...turns.map(({ key, words, reply, isKeys, isInterrupted }, at) => ({
      type: 'call.turn.completed',
      position: at + 1,
      turn: {
        key,
        heard: heardOf({ words, isKeys }),
        status: 'answered',
        reply,
        replySource: 'model',
        ...(isInterrupted && { isInterrupted }),
      },
    })),
    { type: 'call.ended', reason: 'caller-hung-up', callSid },
  ];
  return bodies.map((body, at) => ({
    ...body,
    sequence: at + 1,
    at: new Date(STARTED + 300).toISOString(),
  }));
}

function heardOf({ words, isKeys }: { words: string; isKeys: boolean | undefined }) {
  return isKeys ? { kind: 'keys', digits: words } : { kind: 'speech', text: words };
}

export function databaseOf(calls: [Call, SpokenTurn[]][]): DatabaseDump {
  const outbox = outboxOf(calls);
  return {
    outbox,
    endpoints: [
      {
        id: 'we_customer',
        workspaceId: WORKSPACE,
        path: '/events',
        events: ['call.*'],
        status: 'enabled',
        createdAt: new Date(STARTED).toISOString(),
      },
    ],
    deliveries: outbox.map(({ id }, at) => ({
      id: `dlv_${at + 1}`,
      endpointId: 'we_customer',
      eventId: id,
      status: 'succeeded',
      attemptCount: 1,
    })),
    calls: calls.map(([call, turns]) => ({
      id: call.callId,
      callSid: call.callSid,
      status: 'ended',
      endReason: 'caller-hung-up',
      greeting: GREETING,
      lastSequence: turns.length + 3,
    })),
    turns: calls.flatMap(([{ callId }, turns]) =>
      turns.map(({ key, words, reply, isKeys }, at): TurnRecord => ({
        callId,
        key,
        position: at + 1,
        status: 'answered',
        heard: heardOf({ words, isKeys }),
        reply,
        replySource: 'model',
        sequence: at + 3,
      })),
    ),
    events: calls.flatMap(([call, turns]) =>
      eventsOf(call, turns).map(({ sequence, type, at, ...data }) => ({
        callId: call.callId,
        sequence,
        type,
        at,
        data,
      })),
    ),
  };
}

function outboxOf(calls: [Call, SpokenTurn[]][]): OutboxRecord[] {
  const events = calls.flatMap(([call, turns]) =>
    eventsOf(call, turns).map((event) => ({ callId: call.callId, ...event })),
  );
  return events.map(({ callId, sequence, type, at, ...body }, nth) => ({
    id: callEventId(callId, sequence),
    workspaceId: WORKSPACE,
    position: nth + 1,
    type,
    callId,
    sequence,
    occurredAt: at,
    createdAt: at,
    data: toldOf(callId, type, body),
  }));
}

/** In the form of the API, as far as the checker reads it. */
function toldOf(callId: string, type: string, body: Partial<ReturnType<typeof eventsOf>[number]>) {
  if ('turn' in body) {
    const { turn, position } = body;
    return { call_id: callId, turn: { ...turn, position }, shortened: false };
  }
  const status = type === 'call.ended' ? 'ended' : 'answered';
  const end_reason = 'reason' in body ? body.reason : null;
  return { call: { id: callId, status, end_reason }, shortened: false };
}

/** The first one was sent by a worker that died before it could write that down. */
function receivedOf(outbox: OutboxRecord[]): ReceivedWebhook[] {
  return [...outbox, ...outbox.slice(0, 1)].map(({ callId, ...event }, at) => ({
    n: `4155-${at + 1}`,
    atMs: STARTED + 400 + at,
    path: '/events',
    id: event.id,
    signature: 'valid',
    body: JSON.stringify(
      eventBody({
        ...event,
        ...(callId !== null && { callId }),
        sequence: event.sequence ?? 0,
      }),
    ),
    answer: 200,
  }));
}

/** The protocol's messages, as far as the checker reads them. */
export function historyOf(
  call: Call,
  turns: SpokenTurn[],
  { isOverStreams = false } = {},
): StoredHistory {
  const events: HistoryEvent[] = [];
  const add = (name: string, attributes: object, more: object = {}) => {
    const eventId = String(events.length + 1);
    events.push({ eventId, [`${name}EventAttributes`]: attributes, ...more });
    return eventId;
  };
  const decided = (updateId: string, name: string, argument: unknown, say: string) => {
    const input = { name, args: payloads(argument) };
    add('workflowExecutionUpdateAccepted', { acceptedRequest: { meta: { updateId }, input } });
    const step = { say, voice: { language: 'en-US' }, next: { kind: 'listen' } };
    const outcome = { success: payloads(step) };
    add('workflowExecutionUpdateCompleted', { meta: { updateId }, outcome });
  };
  add('workflowExecutionStarted', { input: payloads({ callId: call.callId }) });
  decided('begin', 'begin', { callSid: call.callSid }, GREETING);
  // Over streams a media worker makes the replies.
  for (const { key, reply } of isOverStreams ? [] : turns) {
    const scheduledEventId = add(
      'activityTaskScheduled',
      { activityType: { name: 'reply' }, input: payloads({}) },
      { userMetadata: { summary: payload(`Reply to turn ${key}`) } },
    );
    add('activityTaskStarted', { scheduledEventId, attempt: 1 });
    add('activityTaskCompleted', { scheduledEventId });
    decided(`turn-${key}`, 'turn', key, reply);
  }
  const batch = { callId: call.callId, events: eventsOf(call, turns) };
  add('activityTaskScheduled', { activityType: { name: 'record' }, input: payloads(batch) });
  add('upsertWorkflowSearchAttributes', {
    searchAttributes: { indexedFields: { VocaEndReason: payload('caller-hung-up') } },
  });
  const result = { endReason: 'caller-hung-up', turns: turns.length };
  add('workflowExecutionCompleted', { result: payloads(result) });
  return { callId: call.callId, runId: `run-of-${call.callSid}`, events };
}

export function payload(value: unknown): object {
  return { metadata: {}, data: Buffer.from(JSON.stringify(value)).toString('base64') };
}

export function payloads(...values: unknown[]): object {
  return { payloads: values.map(payload) };
}
