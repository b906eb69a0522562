/**
 * Compares our open calls with Twilio's live ones. It only looks; what it finds is looked at again
 * before anything is done about it.
 *
 * A live call is ours only when it is proved. An inbound one: its id is made of Twilio's, and its
 * workflow is or was here; or the number that was called leads to us. An outbound one: the database
 * knows it by Twilio's id, and its workflow was here. Everything else on the account belongs to
 * somebody else and is left alone.
 */
import { FINAL_STATUSES } from '../workflows/contract.ts';
import type {
  CallIndex,
  CallWorkflows,
  Carrier,
  CarrierLine,
  LiveCall,
  OpenCall,
} from './ports.ts';

/** Something that Temporal and Twilio do not agree on. */
export type Difference =
  /** The call waits for Twilio, for which it is over or unknown. */
  | { kind: 'over-at-twilio'; callId: string; callSid: string }
  /** Somebody is on the line though the call is closed here. */
  | { kind: 'closed-here'; callId: string; callSid: string }
  /** Somebody called us, was answered, and the call never began here. */
  | { kind: 'never-began'; callId: string; callSid: string };

export interface Comparison {
  differences: Difference[];
  /** Open calls here. */
  open: number;
  /** Live calls at Twilio with a number of ours. */
  live: number;
  /** Live calls with a number of ours that are not proved to be ours: left alone. */
  foreign: number;
}

export interface Parties {
  carrier: Pick<Carrier, 'fetchCall'>;
  line: Pick<CarrierLine, 'listLive' | 'leadsToUs'>;
  workflows: Pick<CallWorkflows, 'listOpen' | 'stateOf' | 'standing'>;
  index: CallIndex;
  /** Our number by configuration. */
  ownNumber: string;
  /** The id of an inbound call. */
  inboundCallId: (callSid: string) => string;
}

/** So many calls are looked at one by one in a round; the others have their turn later. */
const CLOSE_LOOKS = 100;
/** Within this time the same ones are looked at, because only what two looks find is settled. */
const TURN_MS = 180_000;
/** Few, because Twilio allows few requests at a time; several, because a stuck worker takes 5 s. */
const AT_ONCE = 10;

/**
 * @param graceMs younger calls are left out: their webhooks, callbacks and lists are on the way.
 * @throws when Twilio or Temporal cannot be asked: nothing is known then.
 */
export async function compareCalls(parties: Parties, graceMs: number): Promise<Comparison> {
  const before = Date.now() - graceMs;
  // Twilio first: a call that began in between is here and not there, and too young to matter.
  const listed = await parties.line.listLive();
  const open = await parties.workflows.listOpen();
  const numbers = await ourNumbers(parties);
  const live = listed.filter((call) => numbers.has(ourSide(call)));
  const ids = await callIdsOf(parties, live);

  const openIds = new Set(open.map(({ callId }) => callId));
  const lonely = live.filter((call) => {
    const isOld = call.since !== undefined && Date.parse(call.since) <= before;
    return isOld && !openIds.has(ids.get(call.callSid) ?? '');
  });
  const liveIds = new Set(ids.values());
  const waiting = open.filter(
    ({ callId, startedAt }) => Date.parse(startedAt) <= before && !liveIds.has(callId),
  );
  const { differences, foreign } = await lookAtLonely(parties, lonely, ids);
  return {
    differences: [...differences, ...(await lookAtWaiting(parties, waiting))],
    open: open.length,
    live: live.length,
    foreign,
  };
}

/** Live at Twilio, with no open call here. */
async function lookAtLonely(
  { line, workflows }: Parties,
  calls: LiveCall[],
  ids: Map<string, string>,
): Promise<{ differences: Difference[]; foreign: number }> {
  const differences: Difference[] = [];
  let foreign = 0;
  for (const { callSid, direction, status, to } of inTurn(calls)) {
    const callId = ids.get(callSid);
    const state = callId === undefined ? 'unknown' : await workflows.stateOf(callId);
    if (callId === undefined || state === 'unknown') {
      const mayBegin = callId !== undefined && direction === 'inbound' && status === 'in-progress';
      if (mayBegin && (await line.leadsToUs(to))) {
        differences.push({ kind: 'never-began', callId, callSid });
      } else foreign += 1;
    } else if (state === 'closed') differences.push({ kind: 'closed-here', callId, callSid });
  }
  return { differences, foreign };
}

/** Open here, and not among Twilio's live calls. */
async function lookAtWaiting(parties: Parties, calls: OpenCall[]): Promise<Difference[]> {
  const differences: Difference[] = [];
  const looked = inTurn(calls);
  for (let i = 0; i < looked.length; i += AT_ONCE) {
    const batch = looked.slice(i, i + AT_ONCE);
    const found = await Promise.all(batch.map(({ callId }) => lookAtOne(parties, callId)));
    differences.push(...found.filter((difference) => difference !== undefined));
  }
  return differences;
}

/** Some of many, others after a while: calls that cannot be settled must not hide the rest for ever. */
export function inTurn<T>(calls: T[], nowMs = Date.now()): T[] {
  if (calls.length <= CLOSE_LOOKS) return calls;
  const from = (Math.floor(nowMs / TURN_MS) * CLOSE_LOOKS) % calls.length;
  return [...calls.slice(from), ...calls.slice(0, from)].slice(0, CLOSE_LOOKS);
}

async function lookAtOne(
  { workflows, carrier }: Parties,
  callId: string,
): Promise<Difference | undefined> {
  // One that cannot be asked (its worker is stuck) does not keep the others.
  const standing = await workflows.standing(callId).catch(() => undefined);
  if (!standing || standing.isOver || standing.callSid === undefined) return undefined;
  const { callSid } = standing;
  const view = await carrier.fetchCall(callSid);
  if (view && !FINAL_STATUSES.includes(view.status)) return undefined;
  return { kind: 'over-at-twilio', callId, callSid };
}

/** With the database away the number of the configuration serves: fewer calls count as ours. */
async function ourNumbers({ index, ownNumber }: Parties): Promise<Set<string>> {
  const stored = await index.numbers().catch(() => []);
  return new Set([ownNumber, ...stored]);
}

/** The number that would be ours; none for the second leg of a call. */
function ourSide({ direction, from, to }: LiveCall): string {
  if (direction === 'inbound') return to;
  return direction === 'outbound-api' ? from : '';
}

/** Our ids by Twilio's. With the database away no outbound call is known, so none is touched. */
async function callIdsOf(
  { index, inboundCallId }: Parties,
  calls: LiveCall[],
): Promise<Map<string, string>> {
  const sids = (direction: string) =>
    calls.filter((call) => call.direction === direction).map(({ callSid }) => callSid);
  const outbound = await index
    .callIdsOf(sids('outbound-api'))
    .catch(() => new Map<string, string>());
  return new Map([
    ...outbound,
    ...sids('inbound').map((sid): [string, string] => [sid, inboundCallId(sid)]),
  ]);
}
