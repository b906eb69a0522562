/** The log of a drill's receiver of webhooks: a line for each one that arrived, in JSON. */
import { readFileSync } from 'node:fs';

/** What a signature is worth, by Standard Webhooks 1.0. */
export type SignatureState = 'valid' | 'invalid' | 'missing' | 'too-old';

export interface ReceivedWebhook {
  /** Of this arrival; no other one has it. */
  n: string;
  /** When its last byte had arrived, in milliseconds since 1970. */
  atMs: number;
  /** Of the URL: each endpoint has its own. */
  path: string;
  /** `webhook-id`; empty when there was none. */
  id: string;
  signature: SignatureState;
  body: string;
  /** The status that it was answered with; null: it was not answered. */
  answer: number | null;
}

/** Behind a {@link ReceivedWebhook} that was answered later than it arrived. */
export interface AnsweredLater {
  n: string;
  answer: number;
}

export type ReceiverLine = ReceivedWebhook | AnsweredLater;

/** What has arrived, in order. A last line that a killed receiver has not finished is left out. */
export function readReceived(file: string): ReceivedWebhook[] {
  return parseReceived(readFileSync(file, 'utf8'));
}

/** Pure. */
export function parseReceived(text: string): ReceivedWebhook[] {
  const received = new Map<string, ReceivedWebhook>();
  for (const line of text.split('\n')) {
    const entry = parsed(line);
    if (!entry) continue;
    if ('atMs' in entry) received.set(entry.n, entry);
    else {
      const known = received.get(entry.n);
      if (known) known.answer = entry.answer;
    }
  }
  return [...received.values()];
}

function parsed(line: string): ReceiverLine | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as ReceiverLine);
  } catch {
    return undefined; // it died in the middle of it
  }
}
