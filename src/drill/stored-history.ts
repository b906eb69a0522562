/** Workflow histories as plain JSON: unsealed, and without the machine that made them. */
import type { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { HistoryEvent, StoredHistory } from './evidence.ts';

/**
 * All runs of a workflow, the first one first. Payloads are opened with the client's own codecs. A
 * run that was continued names the next one, which the list of workflows may not show yet.
 */
export async function fetchHistories(client: Client, callId: string): Promise<StoredHistory[]> {
  const listed: { runId: string; startedMs: number }[] = [];
  const query = `WorkflowId = '${callId}'`;
  for await (const { runId, startTime } of client.workflow.list({ query })) {
    listed.push({ runId, startedMs: startTime.getTime() });
  }
  listed.sort((a, b) => a.startedMs - b.startedMs);
  const runIds = listed.map(({ runId }) => runId);
  const histories: StoredHistory[] = [];
  for (let runId = runIds.shift(); runId !== undefined; runId = runIds.shift()) {
    const history = await fetchHistory(client, callId, runId);
    histories.push(history);
    const next = nextRunOf(history);
    if (next !== undefined && !runIds.includes(next)) runIds.unshift(next);
  }
  return histories;
}

function nextRunOf({ events }: StoredHistory): string | undefined {
  const continued = events.at(-1)?.['workflowExecutionContinuedAsNewEventAttributes'];
  return (continued as { newExecutionRunId?: string } | undefined)?.newExecutionRunId;
}

export async function fetchHistory(
  client: Client,
  callId: string,
  runId: string,
): Promise<StoredHistory> {
  const codecs = client.options.loadedDataConverter.payloadCodecs;
  const history = await client.workflow.getHandle(callId, runId).fetchHistory();
  const events = (await opened(history.events ?? [], codecs)) as HistoryEvent[];
  return { callId, runId, events: plain(events) as HistoryEvent[] };
}

/** The same tree with every payload decoded, wherever it hangs. */
async function opened(value: unknown, codecs: readonly PayloadCodec[]): Promise<unknown> {
  if (codecs.length === 0) return value;
  if (Array.isArray(value)) return Promise.all(value.map((each) => opened(each, codecs)));
  if (!isTree(value)) return value;
  if (isPayload(value)) return decoded(value, codecs);
  const entries = Object.entries(value).map(
    async ([name, each]) => [name, await opened(each, codecs)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function decoded(payload: Payload, codecs: readonly PayloadCodec[]): Promise<Payload> {
  let current = [payload];
  for (const codec of codecs.toReversed()) current = await codec.decode(current);
  return current[0] ?? payload;
}

/** Bytes become base64, 64-bit numbers text; enums stay numbers. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (!isTree(value)) return value;
  if (isLong(value)) return longText(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null && each !== undefined)
      .map(([name, each]) => [name, plain(each)]),
  );
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

/** protobuf.js keeps 64-bit numbers in two halves. */
function longText({ low, high }: { low: number; high: number }): string {
  return String((BigInt(high) << 32n) | BigInt(low >>> 0));
}

function isLong(value: object): value is { low: number; high: number } {
  return 'low' in value && 'high' in value && 'unsigned' in value;
}

function isPayload(value: Record<string, unknown>): value is Record<string, unknown> & Payload {
  const { metadata } = value;
  if (!isTree(metadata)) return false;
  return Object.values(metadata).every((each) => each instanceof Uint8Array);
}

/** What a payload holds; undefined for none. Works on stored histories. */
export function payloadValue(payload: unknown): unknown {
  const { data } = (payload ?? {}) as { data?: string };
  if (typeof data !== 'string' || data === '') return undefined;
  try {
    return JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The values of `{ payloads: [...] }`. */
export function payloadValues(payloads: unknown): unknown[] {
  const { payloads: list } = (payloads ?? {}) as { payloads?: unknown[] };
  return (list ?? []).map(payloadValue);
}
