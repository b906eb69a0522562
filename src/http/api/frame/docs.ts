/** What anybody may read: the description of the API, a page that shows it, and what problems mean. */
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { Problem, PROBLEMS } from './problems.ts';

/**
 * All that the page needs comes from here. It does not ask for https: where VOCA is looked at over plain
 * http by a name, the page would stay empty.
 */
const POLICY = {
  'default-src': "'none'",
  'base-uri': "'none'",
  'connect-src': "'self'",
  'font-src': "'self' data:",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
  'img-src': "'self' data:",
  'script-src': "'self'",
  'style-src': "'self'",
};

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
    staticCSP: POLICY,
    uiConfig: { persistAuthorization: false, docExpansion: 'list' },
  });
}
