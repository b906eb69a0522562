/** The real parts behind the activities. */
import type { ActivityDeps } from '../activities/index.ts';
import type { CallIndex, CarrierLine } from '../activities/ports.ts';
import type { Config } from './config.ts';
import { openDatabase } from './database.ts';
import type { Log } from './log.ts';
import { createOrchestrator } from './orchestrator/index.ts';
import { createCarrier } from './twilio/rest.ts';
import { createCarrierLine } from './twilio/rest-live-calls.ts';
import { createUrls } from './twilio/urls.ts';

export interface WorkerDeps extends ActivityDeps {
  /** For the reconciler. */
  line: CarrierLine;
  index: CallIndex;
  close(): Promise<void>;
}

/** Shorter than the activities that wait for it. */
const CARRIER_TIMEOUT_MS = 8000;

/** Connects nowhere yet, so that a worker starts whatever is away. */
export function buildWorkerDeps(config: Config, log: Log): WorkerDeps {
  const database = openDatabase(config.database.url ?? '', log);
  const carrier = {
    ...carrierAccount(config),
    timeoutMs: CARRIER_TIMEOUT_MS,
    urls: createUrls(config.twilio.webhookUrl),
  };
  return {
    orchestrator: createOrchestrator(orchestratorConfig(config)),
    carrier: createCarrier(carrier),
    line: createCarrierLine(carrier),
    index: database.index,
    assistants: database.assistants,
    records: database.records,
    close: () => database.close(),
  };
}

function orchestratorConfig({ models }: Config): Parameters<typeof createOrchestrator>[0] {
  const { apiKey, baseUrl, model } = models.openai;
  if (models.llm !== 'openai') return { llm: 'demo' };
  return {
    llm: 'openai',
    openai: {
      apiKey: apiKey ?? '',
      model: model ?? '',
      ...(baseUrl !== undefined && { baseURL: baseUrl }),
    },
  };
}

function carrierAccount({ twilio }: Config) {
  const { accountSid, authToken, apiKey, apiBaseUrl } = twilio;
  return {
    accountSid,
    authToken,
    ...(apiKey && { apiKey }),
    ...(apiBaseUrl !== undefined && { baseUrl: apiBaseUrl }),
  };
}
