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
import { countTry, watchBreakers } from './metrics/model-metrics.ts';
import { createOrchestrator } from './orchestrator/index.ts';
import { traceTry } from './tracing/model-spans.ts';
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
  const orchestrator = createOrchestrator({
    ...orchestratorConfig(config),
    onTry: (question) => {
      countTry(question);
      traceTry(question);
    },
  });
  watchBreakers(() => orchestrator.breakers());
  return {
    orchestrator,
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

/** A vendor with a key can be asked by an assistant that names it, also outside of the usual chain. */
function orchestratorConfig({ models }: Config): Parameters<typeof createOrchestrator>[0] {
  const { llm, openai, anthropic } = models;
  return {
    llm,
    ...(openai.apiKey !== undefined && { openai: vendorOf(openai.apiKey, openai) }),
    ...(anthropic.apiKey !== undefined && { anthropic: vendorOf(anthropic.apiKey, anthropic) }),
  };
}

function vendorOf(apiKey: string, { baseUrl, model }: Config['models']['anthropic']) {
  return {
    apiKey,
    ...(baseUrl !== undefined && { baseURL: baseUrl }),
    ...(model !== undefined && { model }),
  };
}
