/** A known path with another method is told apart from a path that leads nowhere. */
import type { FastifyInstance } from 'fastify';
import { Problem } from './problems.ts';

/**
 * To be called before the routes of `app` are registered.
 * @returns to be called after them: every path of theirs refuses all other methods.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const known = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    known.set(url, methods);
  });
  return () => {
    const prefix = app.prefix;
    // Registering changes what is known.
    for (const [url, methods] of [...known].map(([path, set]) => [path, [...set]] as const)) {
      const others = app.supportedMethods.filter((method) => !methods.includes(method));
      const allow = methods.toSorted().join(', ');
      app.route({
        method: others,
        url: url.slice(prefix.length),
        schema: { hide: true },
        // Before the body is looked at, which may be one that the method must not have.
        onRequest: async (_request, reply) => {
          void reply.header('allow', allow);
          throw new Problem('method-not-allowed', `This path takes ${allow}.`);
        },
        handler: async () => undefined,
      });
    }
  };
}
