/** Twilio, Temporal and the database as the reconciler asks them, from plain lists. */
import type { LiveCall, OpenCall } from '../../activities/ports.ts';
import type { ReconcileDeps } from '../../activities/reconcile.ts';
import type { Direction, StatusSignal } from '../../workflows/contract.ts';

export const OURS = '+15005550006';
export const STORED = '+15005550007';
export const FOREIGN = '+15005550099';
export const SOMEBODY = '+14155550123';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const OLD_MS = 600_000;

/** A world in which everything agrees, until a test changes it. */
export class World {
  live: LiveCall[] = [];
  open: OpenCall[] = [];
  /** Closed calls, by id. */
  closed = new Set<string>();
  /** Twilio's id of an open call, by ours; `over` when the call knows that it is over. */
  standings = new Map<string, { callSid?: string; isOver: boolean }>();
  /** Twilio's word for calls that are not live. */
  ended = new Map<string, string>();
  stored = new Map<string, string>();
  numbers = [STORED];
  leadsToUs = new Set([OURS, STORED]);
  isDatabaseAway = false;
  isTwilioAway = false;
  stuck = new Set<string>();
  /** What was done, in order. */
  readonly done: unknown[][] = [];

  /** A live call at Twilio. */
  at(callSid: string, call: Partial<LiveCall> & { ageMs?: number } = {}): void {
    const { ageMs = OLD_MS, ...rest } = call;
    this.live.push({
      callSid,
      direction: 'inbound',
      status: 'in-progress',
      from: SOMEBODY,
      to: OURS,
      since: ago(ageMs),
      ...rest,
    });
  }

  /** An open call of ours. */
  here(callId: string, callSid?: string, direction: Direction = 'inbound', ageMs = OLD_MS): void {
    this.open.push({ callId, direction, startedAt: ago(ageMs) });
    this.standings.set(callId, { isOver: false, ...(callSid !== undefined && { callSid }) });
  }

  readonly parties: ReconcileDeps = {
    ownNumber: OURS,
    inboundCallId: (callSid) => `call_of_${callSid}`,
    line: {
      listLive: async () => {
        this.#twilio();
        return this.live;
      },
      leadsToUs: async (number) => this.leadsToUs.has(number),
      beginAgain: async (callSid) => void this.done.push(['begin', callSid]),
    },
    carrier: {
      fetchCall: async (callSid) => {
        this.#twilio();
        const status = this.ended.get(callSid) ?? this.#live(callSid)?.status;
        if (status === undefined) return undefined;
        return { callSid, status, ...(this.ended.has(callSid) && { durationSeconds: 42 }) };
      },
      hangUp: async (callSid) => void this.done.push(['hang up', callSid]),
    },
    workflows: {
      listOpen: async () => this.open,
      stateOf: async (callId) => {
        if (this.open.some((call) => call.callId === callId)) return 'open';
        return this.closed.has(callId) ? 'closed' : 'unknown';
      },
      standing: async (callId) => {
        if (this.stuck.has(callId)) throw new Error('its worker is stuck');
        return this.standings.get(callId);
      },
      tell: async (callId, status: StatusSignal) => void this.done.push(['tell', callId, status]),
    },
    index: {
      numbers: async () => {
        this.#database();
        return this.numbers;
      },
      callIdsOf: async (callSids) => {
        this.#database();
        return new Map([...this.stored].filter(([callSid]) => callSids.includes(callSid)));
      },
    },
    onSettled: () => undefined,
  };

  #live(callSid: string): LiveCall | undefined {
    return this.live.find((call) => call.callSid === callSid);
  }

  #twilio(): void {
    if (this.isTwilioAway) throw new Error('Twilio is away');
  }

  #database(): void {
    if (this.isDatabaseAway) throw new Error('the database is away');
  }
}
