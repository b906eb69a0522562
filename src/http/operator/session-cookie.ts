/** The cookie of an operator who has signed in. */

/** A browser takes a `__Host-` cookie only over https, and only from the host itself. */
const SECURE_NAME = '__Host-voca_operator';
const PLAIN_NAME = 'voca_operator';

/** @param maxAgeMs 0 takes it away. */
export function sessionCookie(token: string, maxAgeMs: number, isSecure: boolean): string {
  const maxAge = Math.floor(maxAgeMs / 1000);
  const rest = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}`;
  return isSecure ? `${SECURE_NAME}=${token}; ${rest}; Secure` : `${PLAIN_NAME}=${token}; ${rest}`;
}

/** What may be session tokens in a `Cookie` header. */
export function sessionTokens(header: string | undefined): string[] {
  return (header ?? '').split(';').flatMap((pair) => {
    const [name = '', value = ''] = pair.trim().split('=', 2);
    return name === SECURE_NAME || name === PLAIN_NAME ? [value] : [];
  });
}
