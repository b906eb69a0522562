/** The real parts behind the activities. */
import type { ActivityDeps } from '../activities/index.ts';
import type { CallIndex, CarrierLine } from '../activities/ports.ts';
import type { CarrierNumbers, OwnNumbers } from '../activities/number-ports.ts';
import { createAssistantRequests } from './assistant-request/index.ts';
import { carrierOptions } from './carrier-account.ts';
import type { Config } from './config.ts';
import { openDatabase } from './database.ts';
import type { Database } from './db/pool.ts';
import type { Log } from './log.ts';
import { createSafeFetch } from './safe-fetch/index.ts';
import { createSecretBox } from './sealing/index.ts';
import { openOrchestrator } from './models.ts';
import { createCarrier } from './twilio/rest.ts';
import { createCarrierLine } from './twilio/rest-live-calls.ts';
import { createCarrierNumbers } from './twilio/rest-numbers.ts';

export interface WorkerDeps extends ActivityDeps {
  /** For the reconciler. */
  line: CarrierLine;
  index: CallIndex;
  /** For the looks at our numbers. */
  carrierNumbers: CarrierNumbers;
  ownNumbers: OwnNumbers;
  /** For erasing: sees all workspaces. */
  system: Database;
  close(): Promise<void>;
}

/** Connects nowhere yet, so that a worker starts whatever is away. */
export function buildWorkerDeps(config: Config, log: Log): WorkerDeps {
  const database = openDatabase(config.database.url ?? '', log);
  const carrier = carrierOptions(config);
  const http = createSafeFetch(config.webhooks);
  return {
    orchestrator: openOrchestrator(config),
    carrier: createCarrier(carrier),
    line: createCarrierLine(carrier),
    index: database.index,
    carrierNumbers: createCarrierNumbers(carrier),
    ownNumbers: database.ownNumbers,
    system: database.system,
    assistants: database.assistants,
    assistantRequests: createAssistantRequests({
      find: database.findAssistantRequest,
      assistants: database.assistants,
      box: createSecretBox(config.rest.secretKeys),
      http,
    }),
    records: database.records,
    close: async () => {
      await Promise.all([http.close(), database.close()]);
    },
  };
}
