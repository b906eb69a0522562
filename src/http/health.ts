import type { FastifyInstance } from 'fastify';
import type { Log } from '../log.ts';

/** What is missing before calls can be taken; nothing when all is there. */
export type Readiness = () => Promise<string[]>;

/** `/healthz`: this process lives. `/readyz`: calls can be taken, or what is missing. */
export function health(app: FastifyInstance, readiness: Readiness, log: Log): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const missing = await readiness().catch((error: unknown) => {
      log.error('it could not be found out whether calls can be taken', { error });
      return ['unknown'];
    });
    return reply.code(missing.length === 0 ? 200 : 503).send({
      status: missing.length === 0 ? 'ready' : 'not ready',
      missing,
    });
  });
}
