/** What the process that plays callers is told, and what it tells. */
import type { Kind } from '../samples.ts';

export interface CallersOrder {
  /** Of the instance's webhooks. */
  baseUrl: string;
  accountSid: string;
  authToken: string;
  callers: number;
  turns: number;
  pauseMs: number;
  seconds: number;
}

export interface CallersTimes {
  /** In milliseconds. */
  timesMs: Record<Kind, readonly number[]>;
  errors: number;
  problems: string[];
}
