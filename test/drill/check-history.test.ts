/** The checker finds nothing in good evidence, and each fault in evidence that was tampered with. */
import { describe, expect, test } from '@jest/globals';
import { checkHistory } from '../../src/drill/index.ts';
import type {
  Evidence,
  HistoryEvent,
  OutboxRecord,
  ReceivedWebhook,
  StreamViolationKind,
  TurnRecord,
  ViolationKind,
} from '../../src/drill/index.ts';
import type { EntryOf, TruthEntry } from '../../src/simulator/index.ts';
import { eventBody } from '../../src/webhooks/event-body.ts';
import { FIRST, goodEvidence, historyOf, payload, payloads, SECOND } from './good-evidence.ts';

interface Tampering {
  kind: ViolationKind;
  what: string;
  tamper: (evidence: Evidence) => void;
  /** Others that cannot be helped. */
  also?: ViolationKind[];
}

function turnOf(evidence: Evidence, key: string): TurnRecord {
  const turn = evidence.database.turns.find((each) => each.key === key);
  if (!turn) throw new Error('there is no such turn');
  return turn;
}

function rowOf(evidence: Evidence, callId: string) {
  const row = evidence.database.calls.find(({ id }) => id === callId);
  if (!row) throw new Error('there is no such call');
  return row;
}

function entriesOf<K extends TruthEntry['kind']>(evidence: Evidence, kind: K): EntryOf<K>[] {
  return evidence.truth.filter((entry): entry is EntryOf<K> => entry.kind === kind);
}

/** Changes an entry of the truth log, found by something that it holds. */
function change(evidence: Evidence, kind: TruthEntry['kind'], holds: string, to: object): void {
  const at = evidence.truth.findIndex(
    (entry) => entry.kind === kind && JSON.stringify(entry).includes(holds),
  );
  if (at < 0) throw new Error('there is no such entry');
  evidence.truth[at] = { ...evidence.truth[at], ...to } as TruthEntry;
}

function append(evidence: Evidence, entry: object): void {
  const seq = evidence.truth.length;
  const atMs = (evidence.truth.at(-1)?.atMs ?? 0) + 10;
  evidence.truth.push({ seq, atMs, ...entry } as TruthEntry);
}

/** The event of a history that has these attributes, counted from 0. */
function eventOf(evidence: Evidence, name: string, nth = 0): Record<string, unknown> {
  const events = evidence.histories[0]?.events ?? [];
  const found = events.filter((event) => `${name}EventAttributes` in event)[nth];
  if (!found) throw new Error('there is no such event');
  return found[`${name}EventAttributes`] as Record<string, unknown>;
}

function removeEvents(evidence: Evidence, isRemoved: (event: HistoryEvent) => boolean): void {
  const [history] = evidence.histories;
  if (history) history.events = history.events.filter((event) => !isRemoved(event));
}

function log(evidence: Evidence, line: string): void {
  evidence.logs.push({ name: 'other.log', text: `first line\n${line}\n` });
}

const both = (evidence: Evidence, callId: string) => ({
  turns: evidence.database.turns.filter((turn) => turn.callId === callId),
  events: evidence.database.events.filter((event) => event.callId === callId),
});

/** What was received of an event, found by its type. */
function receivedOf(evidence: Evidence, type: string): ReceivedWebhook {
  const found = evidence.received?.find(({ body }) => body.includes(`"type":"${type}"`));
  if (!found) throw new Error('there is no such webhook');
  return found;
}

/** What events hold, as far as it is tampered with. */
interface Told {
  call: { id: string; end_reason?: string };
  turn: { reply: string; heard: { text: string } };
}

function forgetReceived(evidence: Evidence, id: string): void {
  evidence.received = evidence.received?.filter((each) => each.id !== id) ?? [];
}

function outboxOf(evidence: Evidence, callId: string, sequence: number): OutboxRecord {
  const found = evidence.database.outbox.find(
    (event) => event.callId === callId && event.sequence === sequence,
  );
  if (!found) throw new Error('there is no such event');
  return found;
}

/** An event in the outbox, and on its way to the customer. */
function tell(evidence: Evidence, event: OutboxRecord): void {
  evidence.database.outbox.push(event);
  const [like] = evidence.database.deliveries;
  if (like)
    evidence.database.deliveries.push({ ...like, id: `dlv_of_${event.id}`, eventId: event.id });
  const { id, type, occurredAt, data, sequence } = event;
  const body = JSON.stringify(
    eventBody({ id, type, occurredAt, data, ...(sequence !== null && { sequence }) }),
  );
  const [webhook] = evidence.received ?? [];
  if (webhook) evidence.received?.push({ ...webhook, n: `of-${id}`, id, body });
}

/** In the record, in the workflow's hands and told, as the event of this number. */
function happen(
  evidence: Evidence,
  callId: string,
  sequence: number,
  body: { type: string },
): void {
  const at = '2026-01-01T00:00:00.000Z';
  const said = { ...body, at, sequence };
  const { type, ...data } = body;
  evidence.database.events.push({ callId, sequence, type, at, data });
  rowOf(evidence, callId).lastSequence = both(evidence, callId).events.length;
  const end = outboxOf(evidence, callId, 5);
  if (sequence > 5) tell(evidence, { ...end, id: `evt_${type}`, type, sequence, occurredAt: at });
  const history = evidence.histories.find((each) => each.callId === callId);
  history?.events.splice(-1, 0, {
    eventId: 'another',
    activityTaskScheduledEventAttributes: {
      activityType: { name: 'record' },
      input: payloads({ callId, events: [said] }),
    },
  });
}

function sumUp(evidence: Evidence, callId: string, sequence: number): void {
  const said = { type: 'call.summarized', text: 'They want a table.', model: 'm' };
  happen(evidence, callId, sequence, said);
}

/** The newest turn in the record of a call becomes an apology. */
function apologize(evidence: Evidence, callId: string): void {
  const { events } = both(evidence, callId);
  const last = events.findLast(({ type }) => type === 'call.turn.completed');
  if (!last) throw new Error('there is no such event');
  const { turn } = last.data as { turn: object };
  last.data = { ...(last.data as object), turn: { ...turn, replySource: 'apology' } };
}

const TAMPERINGS: Tampering[] = [
  {
    kind: 'degraded-of-nothing',
    what: 'a turn is told as degraded that is not',
    tamper: (it) => {
      const degraded = {
        type: 'call.degraded',
        turnKey: '2',
        position: 2,
        cause: 'apology',
        tries: [],
      };
      happen(it, FIRST.callId, 6, degraded);
    },
  },
  {
    kind: 'degraded-untold',
    what: 'an apology is not told as such',
    tamper: (it) => apologize(it, FIRST.callId),
  },
  {
    kind: 'summary-too-early',
    what: 'a call is summed up before it is over',
    tamper: (it) => {
      const end = both(it, FIRST.callId).events.at(-1);
      if (end) end.sequence = 6;
      sumUp(it, FIRST.callId, 5);
    },
    also: ['events-differ', 'record-differs'],
  },
  {
    kind: 'summary-of-nothing',
    what: 'a call without words is summed up',
    tamper: (it) => {
      it.database.turns = it.database.turns.filter(({ callId }) => callId !== FIRST.callId);
      sumUp(it, FIRST.callId, 6);
    },
    also: ['lost-words', 'record-differs', 'reply-without-turn'],
  },
  {
    kind: 'lost-words',
    what: 'a turn is not in the transcript',
    tamper: (it) => {
      it.database.turns = it.database.turns.filter(({ key }) => key !== '2');
    },
    also: ['record-differs', 'reply-without-turn'],
  },
  {
    kind: 'changed-words',
    what: 'a turn holds other words',
    tamper: (it) => {
      turnOf(it, '2').heard = { kind: 'speech', text: 'for five of us' };
    },
  },
  {
    kind: 'changed-words',
    what: 'words were kept as keys',
    tamper: (it) => {
      turnOf(it, '2').heard = { kind: 'keys', digits: '4' };
    },
  },
  {
    kind: 'invented-words',
    what: 'a turn was never said',
    tamper: (it) => {
      it.database.turns.push({ ...turnOf(it, '2'), key: '3', position: 3, replySource: null });
    },
  },
  {
    kind: 'words-out-of-order',
    what: 'two turns have changed places',
    tamper: (it) => {
      turnOf(it, '1').position = 2;
      turnOf(it, '2').position = 1;
    },
    also: ['record-differs'],
  },
  {
    kind: 'refusal-not-logged',
    what: 'the caller was asked again and no line says so',
    tamper: (it) => {
      it.logs = [];
    },
  },
  {
    kind: 'refused-without-reason',
    what: 'words were refused while Temporal was there',
    tamper: (it) => {
      it.run.temporalAway = [{ fromMs: 1, toMs: 2 }];
    },
  },
  {
    kind: 'nobody-asked-again',
    what: 'the log says refused, and the caller heard something else',
    tamper: (it) => change(it, 'response', '1-2', { body: '<Response><Hangup/></Response>' }),
  },
  {
    kind: 'reply-twice',
    what: 'a second reply activity for a turn',
    tamper: (it) => {
      it.histories[0]?.events.push({
        eventId: '99',
        activityTaskScheduledEventAttributes: { activityType: { name: 'reply' } },
        userMetadata: { summary: payload('Reply to turn 2') },
      });
    },
  },
  {
    kind: 'reply-without-turn',
    what: 'a reply activity for a turn that nobody has spoken',
    tamper: (it) => {
      it.histories[0]?.events.push({
        eventId: '99',
        activityTaskScheduledEventAttributes: { activityType: { name: 'reply' } },
        userMetadata: { summary: payload('Reply to turn 9') },
      });
    },
  },
  {
    kind: 'answer-without-reply',
    what: 'an answer of the model that no activity has made',
    tamper: (it) => removeEvents(it, (event) => JSON.stringify(event).includes('"reply"')),
  },
  {
    kind: 'model-asked-too-often',
    what: 'the model has answered one turn twice, though nothing died',
    tamper: (it) => {
      it.model.push(...it.model.filter(({ lastUser }) => lastUser === 'for four of us'));
    },
  },
  {
    kind: 'model-asked-too-often',
    what: 'the same, behind words that were never answered',
    tamper: (it) => {
      const [first] = it.model;
      if (first) it.model.push({ ...first, lastUser: `earlier words. ${first.lastUser}` });
    },
  },
  {
    kind: 'call-unknown',
    what: 'a call that we have nothing of, though it was answered',
    tamper: (it) => {
      it.histories = it.histories.filter(({ callId }) => callId !== FIRST.callId);
      it.database.calls = it.database.calls.filter(({ id }) => id !== FIRST.callId);
      it.database.turns = it.database.turns.filter(({ callId }) => callId !== FIRST.callId);
      it.database.events = it.database.events.filter(({ callId }) => callId !== FIRST.callId);
    },
    also: ['events-differ', 'lost-words', 'undecided-words', 'words-of-another-call'],
  },
  {
    kind: 'call-nobody-made',
    what: 'a workflow without a call',
    tamper: (it) => {
      const stray = { callSid: `CA${'9'.repeat(32)}`, callId: 'call_stray' };
      it.histories.push(historyOf(stray, []));
    },
    also: ['record-missing', 'record-differs'],
  },
  {
    kind: 'call-not-over',
    what: 'Twilio’s call has no end',
    tamper: (it) => {
      it.truth = it.truth.filter((entry) => entry.kind !== 'call' || entry.status !== 'completed');
    },
  },
  {
    kind: 'two-ends',
    what: 'Twilio’s call has ended twice',
    tamper: (it) => append(it, { ...entriesOf(it, 'call').at(-1), status: 'completed' }),
  },
  {
    kind: 'two-ends',
    what: 'the end was recorded twice',
    tamper: (it) => {
      const end = both(it, FIRST.callId).events.at(-1);
      if (end) it.database.events.push({ ...end, sequence: 6 });
      rowOf(it, FIRST.callId).lastSequence = 6;
    },
    also: ['events-differ', 'record-differs'],
  },
  {
    kind: 'two-ends',
    what: 'two runs have ended',
    tamper: (it) => {
      const [history] = it.histories;
      if (history)
        it.histories.push({ ...history, runId: 'another', events: history.events.slice(-1) });
    },
  },
  {
    kind: 'workflow-not-closed',
    what: 'a workflow is still open',
    tamper: (it) => {
      removeEvents(it, (event) => 'workflowExecutionCompletedEventAttributes' in event);
    },
  },
  {
    kind: 'workflow-not-closed',
    what: 'a run went on as another one that is not there',
    tamper: (it) => {
      removeEvents(it, (event) => 'workflowExecutionCompletedEventAttributes' in event);
      it.histories[0]?.events.push({ workflowExecutionContinuedAsNewEventAttributes: {} });
    },
  },
  {
    kind: 'workflow-failed',
    what: 'a workflow was terminated',
    tamper: (it) => {
      removeEvents(it, (event) => 'workflowExecutionCompletedEventAttributes' in event);
      it.histories[0]?.events.push({ workflowExecutionTerminatedEventAttributes: {} });
    },
  },
  {
    kind: 'record-missing',
    what: 'a call has no row',
    tamper: (it) => {
      it.database.calls = it.database.calls.filter(({ id }) => id !== FIRST.callId);
    },
  },
  {
    kind: 'record-not-ended',
    what: 'a row is not ended',
    tamper: (it) => {
      rowOf(it, FIRST.callId).status = 'answered';
    },
  },
  {
    kind: 'reasons-differ',
    what: 'the row gives another reason than the workflow',
    tamper: (it) => {
      rowOf(it, FIRST.callId).endReason = 'silence';
    },
  },
  {
    kind: 'reasons-differ',
    what: 'the search attribute gives another reason',
    tamper: (it) => {
      const event = eventOf(it, 'upsertWorkflowSearchAttributes');
      event['searchAttributes'] = { indexedFields: { VocaEndReason: payload('silence') } };
    },
  },
  {
    kind: 'reasons-differ',
    what: 'Twilio says that nobody answered',
    tamper: (it) => change(it, 'call', 'completed', { status: 'no-answer' }),
  },
  {
    kind: 'ended-late',
    what: 'the end took longer than it may',
    tamper: (it) => {
      it.run.endWithinMs = 5000;
      const end = both(it, FIRST.callId).events.at(-1);
      if (end) end.at = '2026-01-01T00:00:09.000Z';
    },
    also: ['events-differ'],
  },
  {
    kind: 'gap-in-turns',
    what: 'a position is left out',
    tamper: (it) => {
      turnOf(it, '2').position = 3;
    },
    also: ['record-differs'],
  },
  {
    kind: 'gap-in-turns',
    what: 'a position is there twice',
    tamper: (it) => {
      turnOf(it, '2').position = 1;
    },
    also: ['record-differs'],
  },
  {
    kind: 'gap-in-events',
    what: 'an event is missing',
    tamper: (it) => {
      it.database.events = it.database.events.filter(
        ({ callId, sequence }) => callId !== FIRST.callId || sequence !== 2,
      );
    },
    also: ['events-differ', 'record-differs'],
  },
  {
    kind: 'gap-in-events',
    what: 'the row knows of more events than there are',
    tamper: (it) => {
      rowOf(it, FIRST.callId).lastSequence = 9;
    },
  },
  {
    kind: 'record-differs',
    what: 'an answer was written otherwise than decided',
    tamper: (it) => {
      turnOf(it, '2').reply = 'Something else.';
    },
  },
  {
    kind: 'record-differs',
    what: 'an event was written that the workflow never had',
    tamper: (it) => {
      it.database.events.push({
        callId: FIRST.callId,
        sequence: 6,
        type: 'call.ringing',
        at: '2026-01-01T00:00:00.000Z',
        data: {},
      });
      rowOf(it, FIRST.callId).lastSequence = 6;
    },
    also: ['events-differ'],
  },
  {
    kind: 'events-differ',
    what: 'an event of a call is not told',
    tamper: (it) => {
      const { id } = outboxOf(it, FIRST.callId, 3);
      it.database.outbox = it.database.outbox.filter((event) => event.id !== id);
      it.database.deliveries = it.database.deliveries.filter(({ eventId }) => eventId !== id);
      forgetReceived(it, id);
    },
    also: ['gap-at-receiver'],
  },
  {
    kind: 'events-differ',
    what: 'an event is told that was never recorded',
    tamper: (it) => {
      const like = outboxOf(it, FIRST.callId, 5);
      tell(it, { ...like, id: 'evt_invented', sequence: 6, type: 'call.degraded' });
    },
  },
  {
    kind: 'events-differ',
    what: 'an event is told as another one',
    tamper: (it) => {
      const told = outboxOf(it, FIRST.callId, 2);
      const webhook = it.received?.find(({ id }) => id === told.id);
      if (webhook) webhook.body = webhook.body.replace(told.type, 'call.ringing');
      told.type = 'call.ringing';
    },
  },
  {
    kind: 'events-differ',
    what: 'an event is told at another time than it was recorded at',
    tamper: (it) => {
      const told = outboxOf(it, FIRST.callId, 2);
      const webhook = it.received?.find(({ id }) => id === told.id);
      const otherwise = '2026-01-01T00:00:01.000Z';
      if (webhook) webhook.body = webhook.body.replace(told.occurredAt, otherwise);
      told.occurredAt = otherwise;
    },
  },
  {
    kind: 'events-differ',
    what: 'an event is told twice, under two ids',
    tamper: (it) => tell(it, { ...outboxOf(it, FIRST.callId, 2), id: 'evt_again' }),
    also: ['gap-at-receiver'],
  },
  ...(
    [
      ['another call', 2, (data) => void (data.call = { id: 'call_other' })],
      ['another answer', 4, (data) => void (data.turn.reply = 'Something else.')],
      ['other words', 4, (data) => void (data.turn.heard.text = 'for five of us')],
      ['another end', 5, (data) => void (data.call.end_reason = 'silence')],
    ] as [string, number, (data: Told) => void][]
  ).map(([what, sequence, change]): Tampering => ({
    kind: 'events-differ',
    what: `an event tells of ${what}`,
    tamper: (it) => {
      const told = outboxOf(it, FIRST.callId, sequence);
      change(told.data as Told);
      const webhooks = it.received?.filter(({ id }) => id === told.id) ?? [];
      for (const webhook of webhooks) {
        webhook.body = JSON.stringify({ ...JSON.parse(webhook.body), data: told.data });
      }
    },
  })),
  {
    kind: 'event-without-delivery',
    what: 'an endpoint wants an event and has no delivery of it',
    tamper: (it) => {
      const { id } = outboxOf(it, FIRST.callId, 5);
      it.database.deliveries = it.database.deliveries.filter(({ eventId }) => eventId !== id);
      forgetReceived(it, id);
    },
  },
  {
    kind: 'event-not-received',
    what: 'an event has never arrived; its delivery is given up',
    tamper: (it) => {
      const { id } = outboxOf(it, FIRST.callId, 5);
      forgetReceived(it, id);
      const delivery = it.database.deliveries.find(({ eventId }) => eventId === id);
      if (delivery) delivery.status = 'failed';
    },
  },
  {
    kind: 'gap-at-receiver',
    what: 'the second of five events has not arrived',
    tamper: (it) => {
      const { id } = outboxOf(it, FIRST.callId, 2);
      forgetReceived(it, id);
      const delivery = it.database.deliveries.find(({ eventId }) => eventId === id);
      if (delivery) delivery.status = 'failed';
    },
    also: ['event-not-received'],
  },
  {
    kind: 'bodies-differ',
    what: 'an event that was sent again has another body, if only by a blank',
    tamper: (it) => {
      const last = it.received?.at(-1);
      if (last) last.body += ' ';
    },
  },
  ...(['invalid', 'missing', 'too-old'] as const).map((signature): Tampering => ({
    kind: 'bad-signature',
    what: `a webhook with a signature that is ${signature}`,
    tamper: (it) => void (receivedOf(it, 'call.ended').signature = signature),
  })),
  {
    kind: 'event-nobody-emitted',
    what: 'a webhook of an event that is not in the outbox',
    tamper: (it) => {
      const like = receivedOf(it, 'call.ended');
      it.received?.push({ ...like, n: 'other', id: 'evt_of_nobody' });
    },
  },
  {
    kind: 'event-nobody-emitted',
    what: 'a webhook that tells something else than the event of its id',
    tamper: (it) => {
      const webhook = receivedOf(it, 'call.ended');
      webhook.body = webhook.body.replace('caller-hung-up', 'silence');
    },
  },
  {
    kind: 'event-nobody-emitted',
    what: 'a webhook that is no JSON',
    tamper: (it) => void (receivedOf(it, 'call.ended').body = 'not at all'),
  },
  ...['pending', 'retrying'].map((status): Tampering => ({
    kind: 'delivery-not-finished',
    what: `a delivery is still ${status}`,
    tamper: (it) => {
      const [delivery] = it.database.deliveries;
      if (delivery) delivery.status = status;
    },
  })),
  {
    kind: 'delivery-not-received',
    what: 'a delivery has succeeded that was answered with 500 alone',
    tamper: (it) => void (receivedOf(it, 'call.ended').answer = 500),
  },
  {
    kind: 'delivery-not-received',
    what: 'a delivery has succeeded that nobody has answered',
    tamper: (it) => void (receivedOf(it, 'call.ended').answer = null),
  },
  {
    kind: 'application-error',
    what: 'the caller has heard Twilio’s error message',
    tamper: (it) => change(it, 'heard', 'A table. For', { source: 'error', text: 'We are sorry' }),
  },
  {
    kind: 'undecided-words',
    what: 'the caller has heard words that nobody has decided',
    tamper: (it) => change(it, 'heard', 'A table. For', { text: 'Buy our insurance!' }),
  },
  {
    kind: 'undecided-words',
    what: 'the answer that a webhook got was never decided',
    tamper: (it) => {
      const { outcome } = eventOf(it, 'workflowExecutionUpdateCompleted', 1) as {
        outcome: { success: object };
      };
      outcome.success = payloads({ say: 'Otherwise.' });
    },
  },
  {
    kind: 'words-of-another-call',
    what: 'the caller has heard what was meant for another',
    tamper: (it) =>
      change(it, 'heard', 'A table. For', { text: 'Now I have understood your attempt.' }),
  },
  {
    kind: 'words-of-another-turn',
    what: 'the caller has heard the answer to an earlier turn again',
    tamper: (it) => change(it, 'heard', 'Four people', { text: 'A table. For how many people?' }),
  },
  {
    kind: 'answers-differ',
    what: 'a webhook that was repeated got another answer',
    tamper: (it) => {
      const given = entriesOf(it, 'response').find(({ body }) => body.includes('A table. For'));
      append(it, { ...given, body: '<Response><Say>Another one.</Say></Response>', sending: 2 });
    },
  },
  {
    kind: 'forgery-accepted',
    what: 'a forgery was answered as if it were real',
    tamper: (it) => {
      const requestId = 'forged-1';
      const { callSid } = FIRST;
      append(it, { kind: 'fault', fault: 'forge', callSid, requestId, detail: 'unsigned' });
      const place = { callSid, requestId, purpose: 'forged', attempt: 1, sending: 1 };
      append(it, { kind: 'response', ...place, status: 200, body: '' });
    },
  },
  { kind: 'leak', what: 'a number', tamper: (it) => log(it, '{"from":"+14155550123"}') },
  {
    kind: 'leak',
    what: 'a number without its country, spaced out',
    tamper: (it) => log(it, 'call from (415) 555-0123'),
  },
  {
    kind: 'leak',
    what: 'a number, digit by digit',
    tamper: (it) => log(it, '4 1 5 5 5 5 0 1 2 3'),
  },
  {
    kind: 'leak',
    what: 'a number in a URL',
    tamper: (it) => log(it, 'GET /calls?From=%2B14155550123'),
  },
  { kind: 'leak', what: 'a secret', tamper: (it) => log(it, 'key=sk-very/secret+key;') },
  {
    kind: 'leak',
    what: 'a secret in a URL',
    tamper: (it) => log(it, 'token=sk-very%2Fsecret%2Bkey'),
  },
  {
    kind: 'leak',
    what: 'a secret in base64',
    tamper: (it) => log(it, Buffer.from('sk-very/secret+key').toString('base64')),
  },
  { kind: 'leak', what: 'a word of its own', tamper: (it) => log(it, 'booked at Zanzibar') },
  {
    kind: 'leak',
    what: 'a word with escapes',
    tamper: (it) => log(it, String.raw`{"msg":"\u007aanzib\u0061r"}`),
  },
  {
    kind: 'leak',
    what: 'words of the caller',
    tamper: (it) => log(it, '{"err":"no answer to \\"For four, of us\\""}'),
  },
  {
    kind: 'leak',
    what: 'words of the caller in a URL',
    tamper: (it) => log(it, 'SpeechResult=for+four+of+us'),
  },
  {
    kind: 'leak',
    what: 'words of the assistant',
    tamper: (it) => log(it, 'said: four people, very good'),
  },
];

describe('the history checker', () => {
  test('finds nothing in a run that went well, and counts', () => {
    const { ok, counts, violations } = checkHistory(goodEvidence());
    expect(violations).toEqual([]);
    expect(ok).toBe(true);
    expect(counts).toMatchObject({
      calls: 2,
      utterances: 4,
      posted: 4,
      answered: 3,
      refused: 1,
      lost: 0,
      replyActivities: 3,
      replyAttempts: 3,
      modelRequests: 3,
      fixedLinesHeard: 2,
      turns: 3,
      kills: 1,
      logLines: 2,
      outboxEvents: 9,
      deliveries: 9,
      received: 10,
      receivedAgain: 1,
    });
  });

  test.each(TAMPERINGS)('finds $kind: $what', ({ kind, tamper, also = [] }) => {
    const evidence = goodEvidence();
    tamper(evidence);
    const { ok, violations } = checkHistory(evidence);
    expect(ok).toBe(false);
    const kinds = violations.map((each) => each.kind);
    expect(kinds).toContain(kind);
    expect(kinds.filter((each) => each !== kind && !also.includes(each))).toEqual([]);
  });

  test('has a tampering for every kind of violation', () => {
    const kinds: Record<Exclude<ViolationKind, StreamViolationKind>, true> = {
      'lost-words': true,
      'invented-words': true,
      'changed-words': true,
      'words-out-of-order': true,
      'refusal-not-logged': true,
      'refused-without-reason': true,
      'nobody-asked-again': true,
      'reply-twice': true,
      'reply-without-turn': true,
      'answer-without-reply': true,
      'degraded-of-nothing': true,
      'degraded-untold': true,
      'summary-too-early': true,
      'summary-of-nothing': true,
      'model-asked-too-often': true,
      'call-unknown': true,
      'call-nobody-made': true,
      'call-not-over': true,
      'two-ends': true,
      'workflow-not-closed': true,
      'workflow-failed': true,
      'record-missing': true,
      'record-not-ended': true,
      'reasons-differ': true,
      'ended-late': true,
      'gap-in-turns': true,
      'gap-in-events': true,
      'record-differs': true,
      'events-differ': true,
      'event-without-delivery': true,
      'event-not-received': true,
      'gap-at-receiver': true,
      'bodies-differ': true,
      'bad-signature': true,
      'event-nobody-emitted': true,
      'delivery-not-finished': true,
      'delivery-not-received': true,
      'application-error': true,
      'undecided-words': true,
      'words-of-another-call': true,
      'words-of-another-turn': true,
      'answers-differ': true,
      'forgery-accepted': true,
      leak: true,
    };
    expect([...new Set(TAMPERINGS.map(({ kind }) => kind))].sort()).toEqual(
      Object.keys(kinds).sort(),
    );
  });
});

describe('what is no fault', () => {
  test('a worker that died with an answer in its hands: one more attempt, one more request', () => {
    const evidence = goodEvidence();
    eventOf(evidence, 'activityTaskStarted')['attempt'] = 2;
    const [first] = evidence.model;
    if (first) evidence.model.push(first);
    const { violations, counts } = checkHistory(evidence);
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ replyAttempts: 4, modelRequests: 4, modelAnswersTooMany: 1 });
  });

  test('but an attempt at one turn excuses no answer to another one', () => {
    const evidence = goodEvidence();
    eventOf(evidence, 'activityTaskStarted')['attempt'] = 2;
    const [, second] = evidence.model;
    if (second) evidence.model.push(second);
    expect(checkHistory(evidence).violations).toMatchObject([{ kind: 'model-asked-too-often' }]);
  });

  test('a question to the model that failed or was broken off, and one for a summary', () => {
    const evidence = goodEvidence();
    const [first] = evidence.model;
    if (first)
      evidence.model.push({ ...first, outcome: 'failed' }, { ...first, outcome: 'aborted' });
    evidence.model.push({ atMs: 0, lastUser: 'Summarize this.', outcome: 'answered' });
    const { violations, counts } = checkHistory(evidence);
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ modelRequestsUnanswered: 2, otherModelRequests: 1 });
  });

  test('an apology that is told as such', () => {
    const evidence = goodEvidence();
    const end = both(evidence, FIRST.callId).events.at(-1);
    if (end) end.sequence = 6;
    apologize(evidence, FIRST.callId);
    const degraded = { type: 'call.degraded', turnKey: '2', position: 2, cause: 'apology' };
    happen(evidence, FIRST.callId, 5, degraded);
    const { violations, counts } = checkHistory(evidence);
    expect(violations.filter(({ kind }) => kind.startsWith('degraded'))).toEqual([]);
    expect(counts).toMatchObject({ degraded: 1 });
  });

  test('a call that is summed up for the next one', () => {
    const evidence = goodEvidence();
    sumUp(evidence, FIRST.callId, 6);
    const { violations, counts } = checkHistory(evidence);
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ summaries: 1 });
  });

  test('words that were refused and taken all the same', () => {
    const evidence = goodEvidence();
    evidence.database.turns.push({
      callId: SECOND.callId,
      key: '1',
      position: 2,
      status: 'unanswered',
      heard: { kind: 'speech', text: 'nobody takes these words' },
      reply: null,
      replySource: null,
      sequence: 5,
    });
    const { violations, counts } = checkHistory(evidence);
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ refused: 0, refusedThoughKept: 1, unanswered: 1 });
  });

  test('refused words, while Temporal was away', () => {
    const evidence = goodEvidence();
    evidence.run.temporalAway = [{ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }];
    expect(checkHistory(evidence).violations).toEqual([]);
  });

  test('a call that may still close, and not without that', () => {
    const evidence = goodEvidence();
    removeEvents(evidence, (event) => 'workflowExecutionCompletedEventAttributes' in event);
    evidence.run.isSettled = false;
    expect(checkHistory(evidence).violations).toEqual([]);
  });

  test('words that the drill itself has kept back; they are counted', () => {
    const evidence = goodEvidence();
    const posted = entriesOf(evidence, 'delivered')[1];
    evidence.truth = evidence.truth.filter(
      (entry) => entry.kind !== 'response' || entry.requestId !== posted?.requestId,
    );
    evidence.database.turns = evidence.database.turns.filter(({ key }) => key !== '2');
    const without = checkHistory(evidence).violations.map(({ kind }) => kind);
    expect(without).toContain('lost-words');
    append(evidence, {
      kind: 'fault',
      fault: 'drop',
      requestId: posted?.requestId,
      callSid: FIRST.callSid,
    });
    const verdict = checkHistory(evidence);
    expect(verdict.violations.map(({ kind }) => kind)).not.toContain('lost-words');
    expect(verdict.counts['undelivered']).toBe(1);
  });

  test('a run that goes on as another one', () => {
    const evidence = goodEvidence();
    const [history] = evidence.histories;
    const events = history?.events ?? [];
    if (history)
      history.events = [
        ...events.slice(0, 8),
        { workflowExecutionContinuedAsNewEventAttributes: {} },
      ];
    const started = { workflowExecutionStartedEventAttributes: { input: payloads({}) } };
    const next = { callId: FIRST.callId, runId: 'next', events: [started, ...events.slice(8)] };
    evidence.histories.splice(1, 0, next);
    const { violations, counts } = checkHistory(evidence);
    expect(violations).toEqual([]);
    expect(counts['runs']).toBe(3);
  });

  test('a call that began while everything was away: only the gateway spoke', () => {
    const evidence = goodEvidence();
    const callSid = `CA${'3'.repeat(32)}`;
    const call = {
      kind: 'call',
      callSid,
      direction: 'inbound',
      from: '+14155550123',
      to: '+15005550006',
    };
    append(evidence, { ...call, status: 'ringing' });
    append(evidence, { kind: 'heard', callSid, source: 'say', text: 'One moment, please.' });
    append(evidence, { ...call, status: 'completed' });
    const { violations, counts } = checkHistory(evidence);
    expect(violations).toEqual([]);
    expect(counts['neverBegun']).toBe(1);
    evidence.run.temporalAway = [{ fromMs: 1, toMs: 2 }];
    expect(checkHistory(evidence).violations).toMatchObject([
      { kind: 'refused-without-reason' },
      { kind: 'call-unknown' },
    ]);
  });

  test('numbers of other things in a log', () => {
    const evidence = goodEvidence();
    log(evidence, '{"time":1795527074123,"pid":4155,"port":50123,"ms":4155.5,"count":5550123}');
    log(evidence, 'a table of four, and then the words for us');
    expect(checkHistory(evidence).violations).toEqual([]);
  });
});
