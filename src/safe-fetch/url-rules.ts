/** What a URL that somebody gives us must be, as far as can be told without resolving its host. */
import { isIP } from 'node:net';
import { isAllowed } from './addresses.ts';

export interface UrlRules {
  /** Plain http, any port and the loopback addresses are accepted, too: for development. */
  allowLocal: boolean;
  /** Of https, for everywhere; default 443 and 8443. */
  ports?: readonly number[];
}

const HTTPS_PORT = 443;
const PORTS = [HTTPS_PORT, 8443];
const MAX_LENGTH = 2048;
/** Printable ASCII apart from the backslash: `URL` would drop or exchange what else there is. */
const PLAIN = /^[!-[\]-~]+$/;
/** `URL` passes over more than two slashes, and forgets an empty name. */
const HAS_USER = /^[a-z]+:\/{2,}[^/?#]*@/i;
/** `URL` checks the labels themselves. */
const FULL_NAME = /^[^.]+(\.[^.]+)+$/;

/**
 * What is wrong with a URL, as the rest of a sentence that begins with "The URL"; undefined: nothing that
 * can be seen before its host is resolved. Whoever connects to it checks its addresses.
 */
export function urlFault(url: string, rules: UrlRules): string | undefined {
  if (url.length > MAX_LENGTH) return `must not be longer than ${MAX_LENGTH} characters`;
  const { allowLocal, ports = PORTS } = rules;
  if (!/^https:\/\//i.test(url) && !(allowLocal && /^http:\/\//i.test(url))) {
    return 'must begin with https://';
  }
  if (!PLAIN.test(url)) return 'must be of ASCII characters without spaces (a host as xn--…)';
  if (HAS_USER.test(url)) return 'must not contain a user name or a password';
  if (!URL.canParse(url)) return 'is not valid';
  const parsed = new URL(url);
  const onlyLoopback = needsLoopback(parsed, rules);
  if (onlyLoopback && !allowLocal) return `must use port ${ports.join(' or ')}`;
  return hostFault(hostOf(parsed), { allowLocal, onlyLoopback });
}

function hostFault(host: string, rules: { allowLocal: boolean; onlyLoopback: boolean }) {
  const isLocal = isLocalhost(host);
  const isRefused = isIP(host) === 0 ? isLocal && !rules.allowLocal : !isAllowed(host, rules);
  if (isRefused) return 'must not lead to an address that is not public';
  const isWhole = isLocal || isIP(host) !== 0 || FULL_NAME.test(host);
  return isWhole ? undefined : 'must have a full host name, without a dot at its end';
}

/** Whether the scheme or the port is one that is accepted on this machine alone. */
export function needsLoopback(
  { protocol, port }: { protocol: string; port: string },
  { ports = PORTS }: UrlRules,
): boolean {
  return protocol !== 'https:' || !ports.includes(Number(port || HTTPS_PORT));
}

/** A name, or an address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** This machine by its name; a resolver need not be asked (RFC 6761, 6.3). */
export function isLocalhost(host: string): boolean {
  return /(^|\.)localhost$/.test(host);
}
