/** When what has failed is tried again. Pure: time and chance come from outside. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How sending goes, in milliseconds; other values are for tests. */
export interface WebhookPlan {
  /** Before each attempt at a delivery; their count is that of the attempts. */
  delaysMs: readonly number[];
  /** The share of a delay by which it is shortened or lengthened at random. */
  jitter: number;
  /** So many failures in a row mean that the receiver is down: only one attempt at a time from then on. */
  downAfter: number;
  /** Between those; doubles from the first to the last. */
  probeMs: { first: number; last: number };
  /** Of nothing but failures: then the endpoint is disabled. */
  disableAfterMs: number;
  /** How long a receiver may ask for with Retry-After: for one delivery, and for all of its endpoint. */
  retryAfterMs: { delivery: number; endpoint: number };
  /** For one attempt, from the resolving of the host to the end of the answer. */
  timeoutMs: number;
  /** Requests to one receiver at the same time. */
  concurrency: number;
  /** One round of sending, after which another endpoint has its turn. */
  roundMs: number;
  /** How long a round stays when nothing waits any more. */
  lingerMs: number;
}

/** The delays are those that Standard Webhooks 1.0 proposes: 75.6 hours in all. */
export const PLAN: WebhookPlan = {
  delaysMs: [0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, ...[2, 5, 10, 14, 20, 24].map(hours)],
  jitter: 0.2,
  downAfter: 5,
  probeMs: { first: 5 * SECOND, last: 4 * MINUTE },
  disableAfterMs: 5 * DAY,
  retryAfterMs: { delivery: DAY, endpoint: HOUR },
  timeoutMs: 15 * SECOND,
  concurrency: 10,
  roundMs: MINUTE,
  lingerMs: 5 * SECOND,
};

/**
 * How long to wait after an attempt that has failed; undefined: that was the last one.
 * @param attempts how many were made
 * @param chance from 0 up to 1
 * @param retryAfterMs as the receiver asks; it never makes a delay shorter
 */
export function retryDelayMs(
  plan: WebhookPlan,
  attempts: number,
  chance: number,
  retryAfterMs = 0,
): number | undefined {
  const delay = plan.delaysMs[attempts];
  if (delay === undefined) return undefined;
  const jittered = delay * (1 + plan.jitter * (2 * chance - 1));
  return Math.round(Math.max(jittered, Math.min(retryAfterMs, plan.retryAfterMs.delivery)));
}

/** How long nothing is sent after so many failures in a row; 0 while the receiver is not taken for down. */
export function probeDelayMs({ downAfter, probeMs }: WebhookPlan, failures: number): number {
  if (failures < downAfter) return 0;
  return Math.min(probeMs.last, probeMs.first * 2 ** (failures - downAfter));
}

/**
 * What a Retry-After header asks for, from now on in milliseconds: seconds, or a date (RFC 9110, 10.2.3).
 * Undefined when it says nothing that can be understood, 0 for a time that is over.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text) * SECOND;
  // `Date.parse` takes all sorts of things, such as `1.5`; a date of HTTP begins with a day of the week.
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function hours(count: number): number {
  return count * HOUR;
}
