/**
 * A bad line between each role and each server of an instance:
 *
 *     const lines = new Lines();
 *     const instance = await startInstance({ ..., addressesFor: lines.addressesFor });
 *     lines.get('api-temporal').blackHole('to-client');
 *     await lines.mend();
 *     await lines.close(); // after the instance has stopped
 */
import type { AddressesFor } from '../instance.ts';
import { startTcpProxy } from './tcp-proxy.ts';
import type { TcpProxy } from './tcp-proxy.ts';

export const LINES = [
  'api-temporal',
  'worker-temporal',
  'media-temporal',
  'api-postgres',
  'worker-postgres',
] as const;
export type LineName = (typeof LINES)[number];

export class Lines {
  readonly #proxies = new Map<LineName, TcpProxy>();

  /** For `startInstance`: every role goes through lines of its own. */
  readonly addressesFor: AddressesFor = async (role, addresses) => {
    const temporal = await startTcpProxy(addresses.TEMPORAL_ADDRESS);
    this.#proxies.set(`${role}-temporal`, temporal);
    if (role === 'media') return { TEMPORAL_ADDRESS: temporal.address };
    const database = new URL(addresses.DATABASE_URL);
    const postgres = await startTcpProxy(`${database.hostname}:${database.port || '5432'}`);
    this.#proxies.set(`${role}-postgres`, postgres);
    database.hostname = '127.0.0.1';
    database.port = String(postgres.port);
    return { TEMPORAL_ADDRESS: temporal.address, DATABASE_URL: database.href };
  };

  /** @throws an Error before the instance was started. */
  get(name: LineName): TcpProxy {
    const proxy = this.#proxies.get(name);
    if (!proxy) throw new Error(`there is no line ${name} yet`);
    return proxy;
  }

  async mend(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.mend()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
    this.#proxies.clear();
  }
}
