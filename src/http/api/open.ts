/** Opens what the management API needs, as the configuration says. */
import { trustedProxies } from '../../client-address.ts';
import { carrierOptions } from '../../carrier-account.ts';
import { listAllNumbers } from '../../db/all-phone-numbers.ts';
import { findByHash, touch } from '../../db/api-keys.ts';
import { newestPositions } from '../../db/event-feed.ts';
import { rightsOf } from '../../db/key-holders.ts';
import { createDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { inWorkspace } from '../../db/scope.ts';
import * as workspaces from '../../db/workspaces.ts';
import type { Config } from '../../config.ts';
import { STT_NAMES, TTS_NAMES } from '../../config-variables.ts';
import { EventHub } from '../../event-stream/event-hub.ts';
import { OpenStreams } from '../../event-stream/open-streams.ts';
import { SharedReads } from '../../event-stream/shared-reads.ts';
import type { Log } from '../../log.ts';
import { countStreams } from '../../metrics/stream-metrics.ts';
import { urlFault } from '../../safe-fetch/url-rules.ts';
import { createSecretBox } from '../../sealing/secret-box.ts';
import { linkByConfig } from '../../temporal/configured-link.ts';
import type { TemporalLink } from '../../temporal/connection.ts';
import { createCarrierNumbers } from '../../twilio/rest-numbers.ts';
import { packageVersion } from '../../worker-versions.ts';
import { BadKeys } from './sign-in/bad-keys.ts';
import { keyUse } from './sign-in/key-use.ts';
import { watchKeys } from './sign-in/key-watch.ts';
import { knownCallers } from './sign-in/known-callers.ts';
import { knownLimits } from './limits/known-limits.ts';
import { Leases } from './limits/leases.ts';
import { limitRequests } from './limits/rate-limit.ts';
import { openCalls } from './calls/open-calls.ts';
import { sharedBudgets, sharedOrOwn } from './limits/shared-budgets.ts';
import type { ApiOptions } from './index.ts';

export interface OpenApi {
  options: ApiOptions;
  /** Ends the streams of events: their clients go on with another process. */
  endStreams(): void;
  close(): Promise<void>;
}

/**
 * Connects when it is first used; undefined where the configuration names no database.
 * @param shared a way to Temporal that somebody else closes; left out: one of its own
 */
export function openApi(config: Config, log: Log, shared?: TemporalLink): OpenApi | undefined {
  const { url } = config.database;
  if (url === undefined) return undefined;
  const onLost = (error: Error) => log.warn('a database connection was lost', { error });
  const open = (role: 'app' | 'system') =>
    createDatabase({ url, role, applicationName: 'voca-api', onLost });
  const db = open('app');
  const system = open('system');
  const link = shared ?? linkByConfig(config);
  const take = sharedOrOwn(sharedBudgets(system));
  const keys = keyUse((keyIds) => touch(system, keyIds));
  const hub = new EventHub({
    connection: { url, applicationName: 'voca-api', onLost },
    newest: (workspaceIds) => newestPositions(system, workspaceIds),
  });
  const streams = new OpenStreams({
    rightsOf: (keyIds) => rightsOf(system, keyIds),
    onCount: countStreams,
  });
  return {
    options: {
      db,
      findCaller: knownCallers((face) => findByHash(system, face.hash)),
      keyWatch: watchKeys({
        badKeys: new BadKeys(take),
        isTrusted: trustedProxies(config.listen.trustedProxies) ?? (() => false),
        used: keys.used,
      }),
      limitRequests: limitRequests(new Leases(take), knownLimits(keptLimits(db))),
      publicUrl: config.twilio.webhookUrl,
      simulated: isSimulated(config),
      providers: {
        models: providersOf(config),
        // Their keys may be known to the media workers alone.
        recognition: STT_NAMES,
        speech: TTS_NAMES,
      },
      numbers: {
        carrier: createCarrierNumbers(carrierOptions(config)),
        taken: async () => new Set((await listAllNumbers(system)).map(({ number }) => number)),
      },
      calls: openCalls(config, link.client),
      webhooks: {
        urlFault: (given) => urlFault(given, config.webhooks),
        box: createSecretBox(config.rest.secretKeys),
      },
      streams: { open: streams, hub, reads: new SharedReads(), log },
      version: packageVersion(),
      log,
    },
    endStreams: () => streams.close(),
    close: async () => {
      streams.close();
      await Promise.all([keys.close(), hub.close()]);
      if (!shared) await link.close();
      await Promise.all([db.destroy(), system.destroy()]);
    },
  };
}

function keptLimits(db: Database) {
  return (workspaceId: string) =>
    inWorkspace(db, workspaceId, 'Finding the limits', async (scope) => {
      const { limits } = await workspaces.find(scope);
      return limits;
    });
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
