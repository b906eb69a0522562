/** Creates assistants over HTTP, one after the other, and takes the times. */
import { randomUUID } from 'node:crypto';
import { summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { HttpClient } from './http-client.ts';

export interface CreationTimes {
  /** Without an `Idempotency-Key`. */
  plain: Summary;
  /** With a new one each. */
  keyed: Summary;
  /** With the key of the one before: the kept answer. */
  repeated: Summary;
  problems: string[];
}

/** As long as instructions are that somebody has thought about. */
const ASSISTANT = {
  name: 'Receptionist',
  first_message: 'Hello, you have reached {{shop}}. How can I help you?',
  instructions: 'You take bookings for {{shop}}. Be brief. Ask for what is missing. '.repeat(25),
  variables: { shop: 'the barber' },
  metadata: { origin: 'benchmark' },
};
const WARMUP = 10;

export async function measureCreations(
  client: Pick<HttpClient, 'ask'>,
  times: number,
  stopping: AbortSignal,
): Promise<CreationTimes> {
  const taken = { plain: [] as number[], keyed: [] as number[], repeated: [] as number[] };
  const problems: string[] = [];
  for (let time = 0; time < WARMUP + times && !stopping.aborted; time += 1) {
    const headers = { 'idempotency-key': randomUUID() };
    const ways = { plain: {}, keyed: headers, repeated: headers };
    for (const name of ['plain', 'keyed', 'repeated'] as const) {
      const order = { method: 'POST', body: ASSISTANT, headers: ways[name] } as const;
      const { status, ms } = await client.ask('/v1/assistants', order);
      if (time >= WARMUP) taken[name].push(ms);
      if (status !== 201) problems.push(`creating an assistant, ${name}: status ${status}`);
    }
  }
  return {
    plain: summarize(taken.plain),
    keyed: summarize(taken.keyed),
    repeated: summarize(taken.repeated),
    problems,
  };
}
