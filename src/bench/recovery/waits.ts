/** How long callers waited, from what the simulated Twilio has seen. Pure. */
import type { EntryOf, TruthEntry } from '../../simulator/index.ts';
import { replyTo } from '../instant-model.ts';

/** One utterance and what came of it. Times are milliseconds since 1970. */
export interface Wait {
  callSid: string;
  /** When the webhook with the words was first sent: the caller had ended a moment before. */
  sentAtMs: number;
  /** From there to the first words of any kind. */
  firstMs?: number;
  /** From there to the answer to these words; absent when the caller was asked again. */
  answerMs?: number;
}

/** Every webhook that held a caller, and when something was heard of it. */
export interface HeldCaller {
  callSid: string;
  sentAtMs: number;
  heardMs?: number;
  /** When the call ended before anything was heard. */
  goneMs?: number;
}

/** All waits, in the order in which they began. */
export function waitsOf(entries: readonly TruthEntry[]): Wait[] {
  const open = new Map<string, { wait: Wait; reply: string }>();
  const waits: Wait[] = [];
  for (const entry of entries) {
    if (entry.kind === 'request') {
      const words = wordsOf(entry);
      if (words === undefined || entry.attempt > 1 || entry.callSid === undefined) continue;
      const wait: Wait = { callSid: entry.callSid, sentAtMs: entry.atMs };
      waits.push(wait);
      open.set(entry.callSid, { wait, reply: replyTo(words) });
    } else if (entry.kind === 'heard') {
      const waiting = open.get(entry.callSid);
      if (!waiting) continue;
      const ms = entry.atMs - waiting.wait.sentAtMs;
      waiting.wait.firstMs ??= ms;
      if (entry.text === waiting.reply) {
        waiting.wait.answerMs = ms;
        open.delete(entry.callSid);
      }
    }
  }
  return waits;
}

/** How long callers waited for the greeting, from the first webhook of their call. */
export function beginningsOf(entries: readonly TruthEntry[], greeting: string): Wait[] {
  const waits = new Map<string, Wait>();
  for (const entry of entries) {
    const { callSid } = entry;
    if (callSid === undefined) continue;
    const wait = waits.get(callSid);
    if (entry.kind === 'request' && entry.purpose === 'voice' && !wait) {
      waits.set(callSid, { callSid, sentAtMs: entry.atMs });
    } else if (entry.kind === 'heard' && wait) {
      wait.firstMs ??= entry.atMs - wait.sentAtMs;
      if (entry.text === greeting) wait.answerMs ??= entry.atMs - wait.sentAtMs;
    }
  }
  return [...waits.values()];
}

function wordsOf({ purpose, fields }: EntryOf<'request'>): string | undefined {
  if (purpose !== 'action') return undefined;
  return fields.find(([name]) => name === 'SpeechResult')?.[1];
}

const HOLDING = new Set(['voice', 'action', 'redirect', 'fallback']);

/** The webhooks that a caller waits for, each with what was heard next. */
export function heldCallers(entries: readonly TruthEntry[]): HeldCaller[] {
  const held: HeldCaller[] = [];
  const waiting = new Map<string, HeldCaller>();
  for (const entry of entries) {
    const { callSid } = entry;
    if (callSid === undefined) continue;
    if (entry.kind === 'request' && HOLDING.has(entry.purpose)) {
      if (waiting.has(callSid)) continue; // a retry, or the fallback: the caller still waits
      const caller: HeldCaller = { callSid, sentAtMs: entry.atMs };
      held.push(caller);
      waiting.set(callSid, caller);
    } else if (entry.kind === 'heard') {
      const caller = waiting.get(callSid);
      if (caller) caller.heardMs = entry.atMs - caller.sentAtMs;
      waiting.delete(callSid);
    } else if (entry.kind === 'call' && entry.reason !== undefined) {
      const caller = waiting.get(callSid);
      if (caller) caller.goneMs = entry.atMs - caller.sentAtMs;
      waiting.delete(callSid);
    }
  }
  return held;
}
