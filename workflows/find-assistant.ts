/** Who answers a call: its number's assistant, or whom the owner's server names. */
import {
  ActivityFailure,
  ApplicationFailure,
  log,
  patched,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { CallActivities } from '../activities/index.ts';
import type { LoadedAssistant } from '../activities/load-assistant.ts';
import type { AsksFirst } from '../activities/ports.ts';
import type { Assistant, Variables } from './assistant.ts';
import type { CallInput } from './contract.ts';

/** One quick read: the one place where a local activity fits. */
const { loadAssistant } = proxyLocalActivities<CallActivities>({
  startToCloseTimeout: '1500ms',
  scheduleToCloseTimeout: '3s',
  retry: { maximumAttempts: 2, initialInterval: '50ms' },
});

/** A caller waits: so long in all, however often it is asked and whoever dies meanwhile. */
const { askWhoAnswers } = proxyActivities<CallActivities>({
  scheduleToCloseTimeout: '5s',
  heartbeatTimeout: '2s',
  retry: { maximumAttempts: 2, initialInterval: '100ms' },
});

export interface FoundAssistant {
  /** Left out: there is none. */
  assistant?: Assistant;
  /** Of this call, over the assistant's own. */
  variables?: Variables;
  metadata?: Record<string, string>;
}

/**
 * Never rejects.
 * @param foundAhead what the api has read already; left out: it is read here
 */
export async function findAssistant(
  start: CallInput,
  foundAhead?: LoadedAssistant,
): Promise<FoundAssistant> {
  try {
    const found = await foundOrLoaded(start, foundAhead);
    if (!found) return {};
    if (!('asks' in found)) return { assistant: found };
    return start.direction === 'inbound' ? await chosen(start, found) : fallback(found);
  } catch (error) {
    log.warn('no assistant could be loaded', { error });
    return {};
  }
}

async function foundOrLoaded(start: CallInput, foundAhead?: LoadedAssistant) {
  // A worker that knew nothing of it has loaded by itself, whatever it was given.
  return foundAhead !== undefined && patched('found-ahead') ? foundAhead : load(start);
}

function load({ direction, from, to, assistantId, workspaceId }: CallInput) {
  const [number, customer] = direction === 'inbound' ? [to, from] : [from, to];
  const query = {
    number,
    customer,
    ...(assistantId !== undefined && { assistantId }),
    ...(workspaceId !== undefined && { workspaceId }),
  };
  return loadAssistant.executeWithOptions({ summary: 'Load the assistant' }, [query]);
}

async function chosen(start: CallInput, found: AsksFirst): Promise<FoundAssistant> {
  const { callId, callSid, from, to } = start;
  const { otherwise, asks } = found;
  const question = {
    callId,
    from,
    to,
    startedAt: workflowInfo().startTime.toISOString(),
    ...asks,
    ...(callSid !== undefined && { callSid }),
    ...(otherwise && { defaultAssistantId: otherwise.id }),
  };
  try {
    const choice = await askWhoAnswers.executeWithOptions({ summary: 'Ask who answers' }, [
      question,
    ]);
    return { ...fallback(found), ...choice };
  } catch (error) {
    log.warn('nobody said who answers: the default does', { code: codeOf(error) });
    return fallback(found);
  }
}

/** A word for the log. */
function codeOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return cause.type ?? 'unknown';
  return cause instanceof TimeoutFailure ? 'no-time-left' : 'unknown';
}

function fallback({ otherwise }: AsksFirst): FoundAssistant {
  return otherwise ? { assistant: otherwise } : {};
}
