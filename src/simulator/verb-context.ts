/** What a verb may use, and what it may ask for. */
import type { TwimlDocument } from './answer-document.ts';
import type { Clock } from './clock.ts';
import type { Field } from './form.ts';
import type { Line } from './line.ts';
import type { StreamOrder } from './streams/streams.ts';
import type { Purpose } from './truth-events.ts';
import type { TwimlElement } from './twiml-parse.ts';

export interface VerbContext {
  readonly document: TwimlDocument;
  readonly line: Line;
  readonly clock: Clock;
  /** Aborted when the call ends or is redirected: `ended`, `redirected`. */
  readonly signal: AbortSignal;
  /** How long one character takes to say, in call time. */
  readonly msPerCharacter: number;
  /** See {@link CollectorSettings.fastForward}. */
  readonly fastForward: boolean;
  /** A schema warning: logged, and the call goes on. */
  warn(code: number, message: string): void;
  /** Posts a partial speech result; nobody waits for the answer. */
  sendPartial(target: Target): void;
  /** Fetches what <Play> names: how long it plays in call time, or undefined after an error. */
  fetchSound(url: string): Promise<number | undefined>;
  /** Opens a media stream; settles when it is over, or could not be opened. */
  runStream(order: StreamOrder): Promise<void>;
}

/** Where the next document comes from. */
export interface Target {
  /** Absolute, or relative to the current document. */
  url: string;
  method: 'GET' | 'POST';
  purpose: Purpose;
  fields: readonly Field[];
  /** What of the caller's goes with it. */
  delivery?: Delivery;
}

export interface Delivery {
  utteranceIds: readonly string[];
  input: 'speech' | 'dtmf' | 'silence';
  text: string;
}

export type Outcome =
  | { kind: 'next' }
  | { kind: 'go'; target: Target }
  | { kind: 'hangup' }
  | { kind: 'reject'; reason: 'rejected' | 'busy' };

export type Verb = (element: TwimlElement, context: VerbContext) => Promise<Outcome>;

export const NEXT: Outcome = { kind: 'next' };

/** The `method` attribute; POST where it is missing or wrong. */
export function methodOf(value: string | undefined, context: VerbContext): 'GET' | 'POST' {
  if (value === undefined) return 'POST';
  const method = value.toUpperCase();
  if (method === 'GET' || method === 'POST') return method;
  context.warn(12200, 'method must be GET or POST');
  return 'POST';
}

/** A whole number from `min`, or the fallback, noisily. */
export function integerOf(
  element: TwimlElement,
  name: string,
  fallback: number,
  context: VerbContext,
  min = 0,
): number {
  const text = element.attributes[name];
  if (text === undefined) return fallback;
  if (/^\d+$/.test(text) && Number(text) >= min) return Number(text);
  context.warn(12200, `${element.name} ${name} must be a whole number from ${min}`);
  return fallback;
}

/** The times a sound is played: `loop=0` means for ever, which is a thousand. */
export function loopsOf(element: TwimlElement, context: VerbContext): number {
  const loop = integerOf(element, 'loop', 1, context);
  return loop === 0 ? 1_000 : Math.min(loop, 1_000);
}
