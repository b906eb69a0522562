/** A client of the API as a program is one: one connection that is kept, one request after the other. */
import { Agent, request } from 'node:http';

export interface ApiAnswer {
  status: number;
  body: unknown;
  /** From the first byte of the request to the last one of the answer, in milliseconds. */
  ms: number;
}

export interface Ask {
  method?: 'GET' | 'POST';
  body?: unknown;
  headers?: Record<string, string>;
}

const TIMEOUT_MS = 30_000;

export class HttpClient {
  readonly #baseUrl: string;
  readonly #key: string | undefined;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(baseUrl: string, key?: string) {
    this.#baseUrl = baseUrl;
    this.#key = key;
  }

  /** @throws when no complete answer came within 30 s. */
  async ask(path: string, { method = 'GET', body, headers = {} }: Ask = {}): Promise<ApiAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const options = {
      method,
      agent: this.#agent,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...(this.#key !== undefined && { authorization: `Bearer ${this.#key}` }),
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(text)),
        }),
        ...headers,
      },
    };
    const startedAt = performance.now();
    const answer = await exchange(new URL(path, this.#baseUrl), options, text);
    return { status: answer.status, ms: performance.now() - startedAt, body: parsed(answer.text) };
  }

  close(): void {
    this.#agent.destroy();
  }
}

function exchange(
  url: URL,
  options: object,
  text: string | undefined,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (text += part));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.once('error', reject);
    });
    outgoing.once('error', reject);
    outgoing.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
