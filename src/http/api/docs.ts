/** What anybody may read: the description of the API, a page that shows it, and what problems mean. */
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { Problem, PROBLEMS } from './problems.ts';

export async function apiDocs(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  app.get('/problems/:code', { schema: { hide: true } }, async (request, reply) => {
    const { code } = request.params as { code: string };
    const problem = Object.entries(PROBLEMS).find(([known]) => known === code);
    if (!problem) throw new Problem('not-found');
    const [status, title, advice] = problem[1];
    return reply
      .type('text/plain; charset=utf-8')
      .serializer((text: unknown) => String(text))
      .send(`${code} (${status})\n\n${title}.\n\n${advice}\n`);
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { persistAuthorization: false, docExpansion: 'list' },
  });
}
