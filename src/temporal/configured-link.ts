import type { CliConfig, Config } from '../config-types.ts';
import { linkToTemporal } from './connection.ts';
import type { TemporalLink } from './connection.ts';

/**
 * The client that the configuration describes, keys for sealed payloads included.
 * @param address left out for the configured one
 */
export function linkByConfig(
  { temporal, rest }: Pick<Config | CliConfig, 'temporal' | 'rest'>,
  address: string | undefined = temporal.address,
): TemporalLink {
  if (address === undefined) throw new Error('TEMPORAL_ADDRESS is needed here.');
  const { namespace, apiKey, tls } = temporal;
  return linkToTemporal({
    address,
    namespace,
    tls,
    ...(apiKey !== undefined && { apiKey }),
    secretKeys: rest.secretKeys,
  });
}
