/** Posts webhooks as Twilio does, and takes the time. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { encodeFields } from '../simulator/form.ts';
import type { Field } from '../simulator/form.ts';
import { sign } from '../simulator/signature.ts';

export interface TimedAnswer {
  status: number;
  contentType: string;
  body: string;
  /** From the first byte of the request to the last one of the answer, in milliseconds. */
  ms: number;
}

export interface TwilioClientOptions {
  authToken: string;
  /** So many connections are kept alive; which one is used is for the caller to say. */
  connections: number;
  /** False: each webhook comes over a connection of its own. */
  keepAlive?: boolean;
}

/** Twilio's own limit for a webhook. */
const TIMEOUT_MS = 15_000;

export class TwilioClient {
  readonly #authToken: string;
  readonly #agents: Agent[];

  constructor({ authToken, connections, keepAlive = true }: TwilioClientOptions) {
    this.#authToken = authToken;
    this.#agents = Array.from(
      { length: connections },
      () => new Agent({ keepAlive, maxSockets: 1 }),
    );
  }

  /**
   * Posts once; no retries, so that what Twilio would have to repeat is seen.
   * @param line which of the connections, counted round
   * @throws when no complete answer came within 15 s.
   */
  async post(url: string, fields: readonly Field[], line = 0): Promise<TimedAnswer> {
    const target = new URL(url);
    target.hash = '';
    const body = encodeFields(fields);
    const headers = {
      'User-Agent': 'TwilioProxy/1.1',
      Accept: '*/*',
      'Accept-Encoding': 'gzip',
      'I-Twilio-Idempotency-Token': randomUUID(),
      'X-Home-Region': 'us1',
      'X-Twilio-Signature': sign(this.#authToken, target.href, fields),
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'Content-Length': String(Buffer.byteLength(body)),
    };
    const agent = this.#agents[line % this.#agents.length];
    // Signing is Twilio's work, so the clock starts behind it.
    const startedAt = performance.now();
    const response = await exchange(target, { method: 'POST', headers, agent, body });
    const text = await bodyOf(response);
    return {
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      body: text,
      ms: performance.now() - startedAt,
    };
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }
}

interface Exchange {
  method: string;
  headers: Record<string, string>;
  agent: Agent | undefined;
  body: string;
}

function exchange(url: URL, { body, ...options }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += String(part);
  return text;
}
