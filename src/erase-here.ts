/** Erases a call of the instance that runs on this machine, or of the one that the environment names. */
import { CallRequestError, NotReadyError } from './call-manager.ts';
import type { CliConfig, Environment } from './config-types.ts';
import { knownDataDirs } from './data-dirs.ts';
import { createDatabase } from './db/pool.ts';
import { postgresUrl } from './embedded/postgres.ts';
import { eraseCall } from './erase-call.ts';
import type { EraseResult } from './erase-call.ts';
import { findInstance } from './running.ts';
import { linkByConfig } from './temporal/configured-link.ts';

/** @throws as {@link eraseCall}, and {CallRequestError} when it is not said where the database is. */
export async function eraseHere(
  config: CliConfig,
  env: Environment,
  callId: string,
): Promise<EraseResult> {
  const { address, url } = findServers(config, env);
  const link = linkByConfig(config, address);
  const database = createDatabase({
    url,
    role: 'system',
    applicationName: 'voca-cli',
    maxConnections: 1,
  });
  try {
    return await eraseCall({ client: link.client, database }, callId);
  } finally {
    await Promise.all([database.destroy(), link.close()]);
  }
}

function findServers(config: CliConfig, env: Environment): { address: string; url: string } {
  const { url: given } = config.database;
  if (config.temporal.address !== undefined) {
    return { address: config.temporal.address, url: known(given, 'Beside TEMPORAL_ADDRESS, set') };
  }
  for (const dataDir of knownDataDirs(config, env)) {
    const running = findInstance(dataDir);
    if (!running) continue;
    const { temporalAddress: address, databasePort } = running;
    const embedded = databasePort === undefined ? given : postgresUrl(dataDir, databasePort);
    return { address, url: known(embedded, 'The instance has its database elsewhere: set') };
  }
  throw new NotReadyError(
    'No instance runs on this machine: start one, or set TEMPORAL_ADDRESS and DATABASE_URL.',
  );
}

function known(url: string | undefined, hint: string): string {
  if (url === undefined) throw new CallRequestError(`${hint} DATABASE_URL.`);
  return url;
}
