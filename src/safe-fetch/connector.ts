/** Makes connections, and nobody else does: to addresses that were checked, exactly as they were checked. */
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { callbackify } from 'node:util';
import { buildConnector } from 'undici';
import { isAllowed } from './addresses.ts';
import { addressesOf } from './resolver.ts';
import type { Resolve } from './resolver.ts';
import { SafeFetchError } from './safe-fetch-error.ts';
import { needsLoopback } from './url-rules.ts';
import type { UrlRules } from './url-rules.ts';

/** For one address, TLS included; then the next one is tried. */
const CONNECT_MS = 4_000;
const MAX_ADDRESSES = 4;

export interface ConnectorOptions extends UrlRules {
  resolve: Resolve;
  /** PEM, instead of the authorities that Node trusts. */
  ca?: string;
}

/**
 * One refused address refuses the host: whoever answers with a public and a private one means the private
 * one. The socket is opened to an address in figures, so nobody resolves the name a second time and finds
 * another one; TLS still asks for the name.
 */
export function guardedConnector({
  resolve,
  ca,
  ...rules
}: ConnectorOptions): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_MS, ...(ca !== undefined && { ca }) });

  async function open(options: buildConnector.Options): Promise<Socket> {
    const host = options.hostname;
    const onlyLoopback = needsLoopback(options, rules);
    const addresses = await addressesOf(host, resolve);
    if (!addresses.every((each) => isAllowed(each, { ...rules, onlyLoopback }))) {
      throw new SafeFetchError('refused-address', 'The host has an address that is not public.');
    }
    const named = isIP(host) === 0 ? { ...options, servername: host } : options;
    let failure: unknown = new Error('The host has no address.');
    for (const hostname of addresses.slice(0, MAX_ADDRESSES)) {
      try {
        return await promised(connect, { ...named, hostname });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  const opened = callbackify(open);
  return (options, callback) =>
    opened(options, (error, socket) => (error ? callback(error, null) : callback(null, socket)));
}

function promised(
  connect: buildConnector.connector,
  options: buildConnector.Options,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    connect(options, (error, socket) => (socket ? resolve(socket) : reject(error as Error)));
  });
}
