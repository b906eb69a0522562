/** The addresses of a host. */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isLocalhost } from './url-rules.ts';

/** All addresses of a name, in the order in which they are to be tried. @throws when it has none */
export type Resolve = (name: string) => Promise<string[]>;

const TRY_MS = 2_000;
const TRIES = 2;

/**
 * Asks the name servers themselves. The system's own `getaddrinfo` would hold one of the few threads that
 * Node shares for everything as long as somebody's name server is slow; and it would also find names of
 * this machine's files and of its search domains, which no stranger should reach.
 */
export function createResolver(): { resolve: Resolve; close(): void } {
  const servers = new Resolver({ timeout: TRY_MS, tries: TRIES });
  return {
    async resolve(name) {
      const found = await Promise.allSettled([servers.resolve4(name), servers.resolve6(name)]);
      const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      if (addresses.length === 0) throw (found[0] as PromiseRejectedResult).reason;
      return addresses;
    },
    close: () => servers.cancel(),
  };
}

/** Addresses written as such, and `localhost`, need no resolver. */
export async function addressesOf(host: string, resolve: Resolve): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  return isLocalhost(host) ? ['127.0.0.1', '::1'] : resolve(host);
}
