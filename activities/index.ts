import type { AssistantRequests, Assistants, CallRecords, Carrier, Orchestrator } from './ports.ts';
import { createAssistantAsker } from './ask-who-answers.ts';
import { createAssistantLoader } from './load-assistant.ts';
import type { AssistantQuery } from './load-assistant.ts';
import { createRecorder } from './records.ts';
import { createReplier } from './reply.ts';
import { createTelephony } from './telephony.ts';

export interface ActivityDeps {
  orchestrator: Orchestrator & { ready(): Promise<void> };
  carrier: Carrier;
  assistants: Assistants;
  assistantRequests: AssistantRequests;
  records: CallRecords;
}

/** Everything a call does to the world: the map that the worker registers. */
export function createActivities(deps: ActivityDeps) {
  const loader = createAssistantLoader(deps.assistants);
  return {
    loadAssistant: (query: AssistantQuery) => loader.loadAssistant(query),
    ...createAssistantAsker(deps.assistantRequests),
    ...createReplier(deps.orchestrator),
    ...createTelephony(deps.carrier),
    ...createRecorder(deps.records),
  };
}

export type CallActivities = ReturnType<typeof createActivities>;
