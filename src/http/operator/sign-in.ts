import type { FastifyInstance, FastifyReply } from 'fastify';
import { PLAIN_SESSION_MS, TOKEN_LIFE_MS } from '../../sealing/index.ts';
import type { Access } from './access.ts';
import type { OperatorOptions } from './index.ts';
import { cameByHttps, isOwnPage, ownBase } from './origin.ts';
import { plainCookies, secureCookie } from './session-cookie.ts';
import { PAGE_HEADERS, renderSignIn } from './sign-in-page.ts';

const BODY_LIMIT_BYTES = 2048;

/** `/operator/sign-in`: a link that was made on the machine is exchanged for a cookie. */
export function signIn(app: FastifyInstance, options: OperatorOptions, access: Access): void {
  const { log, publicUrl, uiUrl } = options;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
    (_request, body, done) => done(null, new URLSearchParams(String(body)).get('token') ?? ''),
  );
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    const code = error.statusCode ?? 500;
    if (code >= 500) log.error('an operator could not be signed in', { error });
    return page(reply.code(code), renderSignIn({ isRefused: true }));
  });

  app.get('/operator/sign-in', (request, reply) => {
    // The page names its neighbours without a path, because a proxy may have cut ours off.
    if (/\/(\?|$)/.test(request.url)) return reply.redirect('../sign-in', 302);
    return page(reply, renderSignIn({ endsAtMs: access.sessionEnd(request), uiUrl }));
  });

  app.post('/operator/sign-in', { bodyLimit: BODY_LIMIT_BYTES }, (request, reply) => {
    const isOwn = isOwnPage(request, publicUrl);
    const isSecure = cameByHttps(request, publicUrl);
    const lifeMs = isSecure ? TOKEN_LIFE_MS.session : PLAIN_SESSION_MS;
    const link = (request.body as string | undefined) ?? '';
    const session = isOwn ? access.exchange(link, lifeMs) : undefined;
    if (session === undefined) {
      log.warn('an operator was not signed in');
      return page(access.refuse(reply, 403), renderSignIn({ isRefused: true }));
    }
    log.info('an operator has signed in');
    const cookies = isSecure
      ? secureCookie(session, lifeMs)
      : plainCookies(session, lifeMs, ownBase(request));
    return reply.header('set-cookie', cookies).headers(PAGE_HEADERS).redirect('sign-in', 303);
  });

  app.post('/operator/sign-out', { bodyLimit: BODY_LIMIT_BYTES }, (request, reply) => {
    if (!isOwnPage(request, publicUrl)) return page(reply.code(403), renderSignIn({}));
    return reply
      .header('set-cookie', [secureCookie('', 0), ...plainCookies('', 0, ownBase(request))])
      .headers(PAGE_HEADERS)
      .redirect('sign-in', 303);
  });
}

function page(reply: FastifyReply, html: string): FastifyReply {
  return reply.headers(PAGE_HEADERS).send(html);
}
