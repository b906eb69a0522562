/** The addresses of a host. */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isLocalhost } from './url-rules.ts';

/** All addresses of a name, in the order in which they are to be tried. @throws when it has none */
export type Resolve = (name: string) => Promise<string[]>;

const TRY_MS = 2_000;
const TRIES = 2;
/** Careless name servers never answer one of the two questions: the addresses of the other one do. */
const GRACE_MS = 300;

/**
 * Asks the name servers themselves. The system's own `getaddrinfo` would hold one of the few threads that
 * Node shares for everything as long as somebody's name server is slow; and it would also find names of
 * this machine's files and of its search domains, which no stranger should reach.
 * @param servers addresses, with or without ports; left out: those of this machine
 */
export function createResolver(servers?: string[]): { resolve: Resolve; close(): void } {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  return {
    resolve: (name) => allWithinGrace([resolver.resolve4(name), resolver.resolve6(name)]),
    close: () => resolver.cancel(),
  };
}

async function allWithinGrace(asked: Promise<string[]>[]): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.any(asked);
  } catch (error) {
    throw (error as AggregateError).errors[0];
  }
  const late = new Promise<string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), GRACE_MS);
  });
  const found = await Promise.all(asked.map((each) => Promise.race([each.catch(() => []), late])));
  clearTimeout(timer);
  return found.flat();
}

/** Addresses written as such, and `localhost`, need no resolver. */
export async function addressesOf(host: string, resolve: Resolve): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  return isLocalhost(host) ? ['127.0.0.1', '::1'] : resolve(host);
}
