/** What the process that is Twilio and the callers is told, and what it tells. */
import type { Heard } from './tally.ts';

export type CallersOrder =
  | { do: 'listen'; accountSid: string; authToken: string; number: string; webhooks: Webhooks }
  | { do: 'play'; phase: PhaseOrder }
  /** After `silent`: the streams have been looked at. */
  | { do: 'hang-up' };

export interface Webhooks {
  voice: string;
  fallback: string;
  status: string;
}

export interface PhaseOrder {
  streams: number;
  /** How long all of them talk at the same time. */
  seconds: number;
  /** Milliseconds from one call to the next. */
  rampMs: number;
  /** The longest pause of a caller before he says something, in milliseconds. */
  pauseMs: number;
}

export type CallersNews =
  | { told: 'listening'; baseUrl: string }
  /** Every caller has been greeted. */
  | { told: 'up' }
  /** The time is over; sentences that were begun are finished. */
  | { told: 'over' }
  /** All have fallen silent, and are still on the line. */
  | { told: 'silent' }
  | { told: 'played'; heard: Heard };
