/**
 * The cookie of an operator who has signed in. A browser sends it to every port of the host that set
 * it. Over https the name ties it to the host and to TLS; over plain http two cookies with narrow
 * paths keep it from most of what else may run there.
 */

/** A browser takes a `__Host-` cookie only over https, and only from the host itself. */
const SECURE_NAME = '__Host-voca_operator';
const PLAIN_NAME = 'voca_operator';

/** Where it is needed, behind the path of our address. */
const PLACES = ['/operator', '/codec'];

/** `Path` must be `/` for a name like this. @param maxAgeMs 0 takes it away. */
export function secureCookie(token: string, maxAgeMs: number): string {
  return `${SECURE_NAME}=${token}; ${attributes('/', maxAgeMs)}; Secure`;
}

/** @param base the path of our address, as the browser sees it, without a slash at its end */
export function plainCookies(token: string, maxAgeMs: number, base: string): string[] {
  return PLACES.map((place) => `${PLAIN_NAME}=${token}; ${attributes(base + place, maxAgeMs)}`);
}

function attributes(path: string, maxAgeMs: number): string {
  return `Path=${path}; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(maxAgeMs / 1000)}`;
}

/** What may be session tokens in a `Cookie` header. */
export function sessionTokens(header: string | undefined): string[] {
  return (header ?? '').split(';').flatMap((pair) => {
    const [name = '', value = ''] = pair.trim().split('=', 2);
    return name === SECURE_NAME || name === PLAIN_NAME ? [value] : [];
  });
}
