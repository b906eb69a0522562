/**
 * Fault scripts: what Twilio, the network and the caller do wrong, on purpose and again the same way
 * for the same seed. A script is plain JSON:
 *
 *     { "seed": "7", "faults": [
 *       { "do": "duplicate", "webhook": "action", "nth": 2, "copies": 3, "how": "together" },
 *       { "do": "drop", "what": "answer", "attempts": 1, "webhook": "action", "chance": 0.2 },
 *       { "do": "hang-up", "call": 3, "moment": "filler", "turn": 2 } ] }
 *
 * Given to `startSimulator({ faults })`. Everything that was injected stands in the truth log, as
 * entries of the kind `fault`.
 */
import { z } from 'zod';

/** Which webhooks a fault meets. What is left out meets all. */
const which = {
  /** The calls of a simulator are counted from 1 as they begin. */
  call: z.number().int().positive().optional(),
  webhook: z.enum(['voice', 'action', 'redirect', 'fallback', 'status']).optional(),
  /** Counts, from 1, the webhooks of one call that the fault could meet. */
  nth: z.number().int().positive().optional(),
  /** For status callbacks: Twilio's CallStatus. */
  status: z.string().optional(),
  /** How likely it is for each webhook; certain when left out. */
  chance: z.number().min(0).max(1).optional(),
};

const ms = z.number().int().nonnegative();

export const FORGERIES = [
  'unsigned',
  'wrong-token',
  'other-account', // with another account's SID, signed with its token
  'tampered-field', // what was said or what happened is changed after it was signed
  'tampered-url', //   the turn or the call in our URL is changed
] as const;

const webhookFaults = [
  /** Sent so many times more, at the same time or one after another's answer. */
  z.object({
    do: z.literal('duplicate'),
    ...which,
    copies: z.number().int().min(1).max(5),
    how: z.enum(['together', 'one-after-another']),
  }),
  /** Sent so much later. */
  z.object({ do: z.literal('delay'), ...which, ms }),
  /** Sent only when so many later webhooks of its kind (and call) are answered: they are swapped. */
  z.object({
    do: z.literal('hold-back'),
    ...which,
    past: z.number().int().min(1).max(5),
    /** There may be no later one. */
    atMostMs: ms.optional(),
  }),
  /** The first attempts fail: nothing was sent, or the answer was lost. Then Twilio's rules hold. */
  z.object({
    do: z.literal('drop'),
    ...which,
    what: z.enum(['request', 'answer']),
    attempts: z.number().int().min(1).max(6),
  }),
  /** The answer takes so long to arrive, over Twilio's read timeout perhaps. */
  z.object({
    do: z.literal('slow-answer'),
    ...which,
    ms,
    /** Only those of the first attempts; of all when left out. */
    attempts: z.number().int().min(1).max(6).optional(),
  }),
  /** The same request to the byte, once more. An hour is logical: see `FaultInjector.anHourLater`. */
  z.object({
    do: z.literal('replay'),
    ...which,
    when: z.enum(['at-once', 'after-the-call', 'an-hour-later']),
  }),
  /** A forgery of it comes first. It must be refused with 403, and change nothing. */
  z.object({ do: z.literal('forge'), ...which, how: z.enum(FORGERIES) }),
] as const;

export const MOMENTS = [
  'ringing', //   the first webhook is on its way
  'greeting', //  the first words are being heard
  'listening', // the application has begun to listen
  'speaking', //  the caller breaks off before his words are sent
  'posting', //   the words are on their way, or being thought about
  'answered', //  the answer has arrived, and nothing of it was heard
  'filler', //    something is being said that leads to more waiting
  'waiting', //   Twilio has come back to wait
  'reply', //     the reply is being heard
  'goodbye', //   the last words are being heard
] as const;
export type Moment = (typeof MOMENTS)[number];

const turn = z.number().int().positive().optional();

const callerFaults = [
  /** Hangs up at a moment of a turn (the first one when left out), or so much later. */
  z.object({
    do: z.literal('hang-up'),
    call: which.call,
    moment: z.enum(MOMENTS),
    turn,
    afterMs: ms.optional(),
  }),
  /** Says nothing to so many questions, from this one on. Kept by `playCaller`. */
  z.object({
    do: z.literal('go-silent'),
    call: which.call,
    turn,
    times: z.number().int().min(1).max(20),
  }),
] as const;

const webhookFault = z.discriminatedUnion('do', webhookFaults);
const callerFault = z.discriminatedUnion('do', callerFaults);
const scriptSchema = z.object({
  seed: z.string().min(1),
  faults: z.array(z.discriminatedUnion('do', [...webhookFaults, ...callerFaults])),
});

export type WebhookFault = z.infer<typeof webhookFault>;
export type CallerFault = z.infer<typeof callerFault>;
export type Fault = WebhookFault | CallerFault;
export type FaultScript = z.infer<typeof scriptSchema>;
export type Forgery = (typeof FORGERIES)[number];

export const FAULT_KINDS: readonly Fault['do'][] = [...webhookFaults, ...callerFaults].map(
  ({ shape }) => shape.do.value,
);

/** A script that cannot be read. */
export class FaultScriptError extends Error {
  override readonly name = 'FaultScriptError';
  readonly retryable = false;
}

/** Reads what {@link formatFaultScript} has written; throws {@link FaultScriptError}. */
export function parseFaultScript(json: string): FaultScript {
  const result = scriptSchema.safeParse(parsed(json));
  if (result.success) return result.data;
  throw new FaultScriptError(`not a fault script: ${z.prettifyError(result.error)}`);
}

/** On one line, for an environment variable or a report. */
export function formatFaultScript(script: FaultScript): string {
  return JSON.stringify(script);
}

export function isCallerFault(fault: Fault): fault is CallerFault {
  return fault.do === 'hang-up' || fault.do === 'go-silent';
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new FaultScriptError('not a fault script: it is no JSON');
  }
}
