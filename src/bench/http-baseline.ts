/** What HTTP alone costs here: the same requests to a server that has its answer ready. */
import fastify from 'fastify';
import type { Field } from '../simulator/form.ts';
import type { TwilioClient } from './twilio-client.ts';

/** @returns the times in milliseconds; the first tenth warms up and is left out. */
export async function measureHttp(
  client: Pick<TwilioClient, 'post'>,
  { fields, twiml, count }: { fields: readonly Field[]; twiml: string; count: number },
): Promise<number[]> {
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  app.post('/webhook/voice', async (_request, reply) => {
    reply.type('text/xml; charset=utf-8');
    return twiml;
  });
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/webhook/voice`;
  try {
    const warmup = Math.ceil(count / 10);
    const timesMs: number[] = [];
    for (let i = 0; i < warmup + count; i += 1) {
      const { ms } = await client.post(url, fields);
      if (i >= warmup) timesMs.push(ms);
    }
    return timesMs;
  } finally {
    await app.close();
  }
}
