import { beating } from './heartbeat.ts';
import type { Carrier, CarrierCall, DialOrder, DialResult } from './ports.ts';

export interface HangUpOrder {
  callSid: string;
  say?: { text: string; language: string; voice?: string };
}

export interface RedirectOrder {
  callSid: string;
  callId: string;
  /** The one that is over. */
  stream: number;
}

/** What a call asks of the phone network. */
export function createTelephony(carrier: Carrier) {
  return {
    async dial(order: DialOrder): Promise<DialResult> {
      return beating(() => carrier.placeCall(order), { finished: true });
    },

    async askCarrier({ callSid }: { callSid: string }): Promise<CarrierCall | null> {
      return (await beating(() => carrier.fetchCall(callSid))) ?? null;
    },

    async findCall(query: {
      from: string;
      to: string;
      since: string;
    }): Promise<CarrierCall | null> {
      return (await beating(() => carrier.findCall(query))) ?? null;
    },

    /** Whether the call is still up. */
    async redirect({ callSid, callId, stream }: RedirectOrder): Promise<{ isUp: boolean }> {
      return { isUp: await beating(() => carrier.redirect(callSid, { callId, stream })) };
    },

    async hangUp({ callSid, say }: HangUpOrder): Promise<void> {
      await beating(() => carrier.hangUp(callSid, say));
    },
  };
}
