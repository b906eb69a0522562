/** Opens what the management API needs, as the configuration says. */
import { findByHash } from '../../db/api-keys.ts';
import { createDatabase } from '../../db/pool.ts';
import type { Config } from '../../config.ts';
import type { Log } from '../../log.ts';
import { packageVersion } from '../../worker-versions.ts';
import { knownCallers } from './known-callers.ts';
import type { ApiOptions } from './index.ts';

export interface OpenApi {
  options: ApiOptions;
  close(): Promise<void>;
}

/** Connects when it is first used; undefined where the configuration names no database. */
export function openApi(config: Config, log: Log): OpenApi | undefined {
  const { url } = config.database;
  if (url === undefined) return undefined;
  const onLost = (error: Error) => log.warn('a database connection was lost', { error });
  const open = (role: 'app' | 'system') =>
    createDatabase({ url, role, applicationName: 'voca-api', onLost });
  const db = open('app');
  const system = open('system');
  return {
    options: {
      db,
      findCaller: knownCallers((face) => findByHash(system, face.hash)),
      publicUrl: config.twilio.webhookUrl,
      simulated: isSimulated(config),
      providers: providersOf(config),
      version: packageVersion(),
      log,
    },
    close: async () => {
      await Promise.all([db.destroy(), system.destroy()]);
    },
  };
}

function providersOf({ models }: Config): string[] {
  return [
    'demo',
    ...(models.openai.apiKey !== undefined ? ['openai'] : []),
    ...(models.anthropic.apiKey !== undefined ? ['anthropic'] : []),
  ];
}

/** Twilio's own regions and edges have a base URL, too. */
function isSimulated({ twilio: { apiBaseUrl } }: Config): boolean {
  if (apiBaseUrl === undefined) return false;
  return !/(^|\.)twilio\.com$/i.test(new URL(apiBaseUrl).hostname);
}
