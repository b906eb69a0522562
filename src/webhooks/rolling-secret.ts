/** A secret that signs, and for a while the one before it, as one text that can be sealed. */

interface RollingSecret {
  newest: string;
  previous?: { secret: string; /** RFC 3339 */ until: string };
}

export function newRollingSecret(secret: string): string {
  return toText({ newest: secret });
}

/** @param overlapMs so long both sign */
export function rolled(kept: string, secret: string, overlapMs: number, at = new Date()): string {
  const { newest } = JSON.parse(kept) as RollingSecret;
  const until = new Date(at.getTime() + overlapMs).toISOString();
  return toText({ newest: secret, ...(overlapMs > 0 && { previous: { secret: newest, until } }) });
}

/** Those that sign at this time, the newest first. */
export function validSecrets(kept: string, at = new Date()): string[] {
  const { newest, previous } = JSON.parse(kept) as RollingSecret;
  const isOver = !previous || Date.parse(previous.until) <= at.getTime();
  return isOver ? [newest] : [newest, previous.secret];
}

function toText(secret: RollingSecret): string {
  return JSON.stringify(secret);
}
