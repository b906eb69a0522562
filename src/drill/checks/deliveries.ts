/** What customers' servers have received: every event at least once, as it was emitted, and signed. */
import type {
  DeliveryRecord,
  EndpointRecord,
  Evidence,
  OutboxRecord,
  ReceivedWebhook,
} from '../evidence.ts';
import type { Findings } from '../verdict.ts';

export function checkDeliveries(evidence: Evidence, findings: Findings): void {
  const { received, database, run } = evidence;
  if (!received) return;
  findings.count('received', received.length);
  const outbox = new Map(database.outbox.map((event) => [event.id, event]));
  for (const webhook of received) checkSignature(webhook, findings);
  for (const endpoint of database.endpoints) {
    const here = received.filter(({ path }) => path === endpoint.path);
    checkContent(here, outbox, findings);
    const deliveries = database.deliveries.filter(({ endpointId }) => endpointId === endpoint.id);
    findings.count('deliveries', deliveries.length);
    const arrived = new Set(here.map(({ id }) => id));
    checkCompleteness(endpoint, database.outbox, { deliveries, arrived, run }, findings);
    if (run.isSettled) checkSequences(endpoint, database.outbox, arrived, findings);
    checkOutcomes(deliveries, here, { outbox, run }, findings);
  }
}

function checkSignature({ n, id, signature }: ReceivedWebhook, findings: Findings): void {
  if (signature === 'valid') return;
  findings.violation('bad-signature', undefined, `${id || 'no id'} (arrival ${n}): ${signature}`);
}

/** Everything that arrived is in the outbox, and is the same every time. */
function checkContent(
  received: readonly ReceivedWebhook[],
  outbox: ReadonlyMap<string, OutboxRecord>,
  findings: Findings,
): void {
  const first = new Map<string, ReceivedWebhook>();
  for (const webhook of received) {
    const { id, n, body } = webhook;
    const earlier = first.get(id);
    if (earlier) {
      findings.count('receivedAgain');
      if (earlier.body === body) continue;
      const callId = outbox.get(id)?.callId ?? undefined;
      findings.violation('bodies-differ', callId, `${id}: arrivals ${earlier.n} and ${n}`);
      continue;
    }
    first.set(id, webhook);
    const event = outbox.get(id);
    if (event && isOf(body, event)) continue;
    const what = event ? 'its body tells something else' : 'it is not in the outbox';
    findings.violation('event-nobody-emitted', event?.callId ?? undefined, `${id}: ${what}`);
  }
}

function isOf(body: string, event: OutboxRecord): boolean {
  const told = parsed(body);
  return (
    told['id'] === event.id &&
    told['type'] === event.type &&
    told['sequence'] === event.sequence &&
    Date.parse(String(told['timestamp'])) === Date.parse(event.occurredAt) &&
    canonical(told['data']) === canonical(event.data)
  );
}

interface Deliveries {
  deliveries: readonly DeliveryRecord[];
  /** Ids of events. */
  arrived: ReadonlySet<string>;
  run: Evidence['run'];
}

/** Each event that the endpoint wants, from its creation on. */
function checkCompleteness(
  endpoint: EndpointRecord,
  outbox: readonly OutboxRecord[],
  { deliveries, arrived, run }: Deliveries,
  findings: Findings,
): void {
  const made = new Set(deliveries.map(({ eventId }) => eventId));
  for (const event of outbox) {
    if (!isFor(endpoint, event)) continue;
    const { id, type } = event;
    const callId = event.callId ?? undefined;
    if (!made.has(id)) findings.violation('event-without-delivery', callId, `${id} (${type})`);
    else if (run.isSettled && !arrived.has(id)) {
      findings.violation('event-not-received', callId, `${id} (${type}), for ${endpoint.path}`);
    }
  }
}

/** One that was on its way when the endpoint was made may have missed it. */
function isFor({ workspaceId, createdAt, events }: EndpointRecord, event: OutboxRecord): boolean {
  if (event.workspaceId !== workspaceId) return false;
  if (Date.parse(event.createdAt) <= Date.parse(createdAt)) return false;
  return events.some(
    (filter) =>
      filter === '*' ||
      filter === event.type ||
      (filter.endsWith('.*') && event.type.startsWith(filter.slice(0, -1))),
  );
}

/**
 * A customer who puts the events of a call in order must see what is missing: where the endpoint wants all
 * events of calls, those that have arrived count from 1 without gaps.
 */
function checkSequences(
  endpoint: EndpointRecord,
  outbox: readonly OutboxRecord[],
  arrived: ReadonlySet<string>,
  findings: Findings,
): void {
  if (!endpoint.events.some((filter) => filter === '*' || filter === 'call.*')) return;
  const sequences = new Map<string, number[]>();
  const late = new Set<string>(); // calls that were under way when the endpoint was made
  for (const event of outbox) {
    const { callId, sequence, id } = event;
    if (callId === null || sequence === null || event.workspaceId !== endpoint.workspaceId)
      continue;
    if (!isFor(endpoint, event)) late.add(callId);
    else if (arrived.has(id)) sequences.set(callId, [...(sequences.get(callId) ?? []), sequence]);
  }
  for (const [callId, found] of sequences) {
    if (late.has(callId)) continue;
    const sorted = found.toSorted((a, b) => a - b);
    if (sorted.every((sequence, at) => sequence === at + 1)) continue;
    findings.violation('gap-at-receiver', callId, `${sorted.join(', ')} at ${endpoint.path}`);
  }
}

/** At the end each delivery has succeeded or failed; the receiver knows of the first kind. */
function checkOutcomes(
  deliveries: readonly DeliveryRecord[],
  received: readonly ReceivedWebhook[],
  { outbox, run }: { outbox: ReadonlyMap<string, OutboxRecord>; run: Evidence['run'] },
  findings: Findings,
): void {
  const accepted = new Set(
    received.flatMap(({ id, answer }) =>
      answer !== null && answer >= 200 && answer < 300 ? [id] : [],
    ),
  );
  for (const { id, eventId, status, attemptCount } of deliveries) {
    const callId = outbox.get(eventId)?.callId ?? undefined;
    findings.count('attempts', attemptCount);
    if (status === 'failed') findings.count('deliveriesFailed');
    if (status === 'succeeded' && !accepted.has(eventId)) {
      findings.violation('delivery-not-received', callId, `${id} of ${eventId}`);
    }
    if (run.isSettled && (status === 'pending' || status === 'retrying')) {
      findings.violation('delivery-not-finished', callId, `${id} of ${eventId} is ${status}`);
    }
  }
}

function parsed(body: string): Record<string, unknown> {
  try {
    return (JSON.parse(body) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The same text for the same value, however its members are ordered: jsonb does not keep that. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
