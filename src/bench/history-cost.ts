/** How many history events a turn costs. Pure. */
import { spokeSignal, statusSignal } from '../../workflows/contract.ts';

/** As much of a history event as is looked at. */
export interface HistoryEvent {
  workflowExecutionSignaledEventAttributes?: { signalName?: string | null } | null;
}

/**
 * Events per turn: from the first words to the call's end, divided by the turns. The last turn's
 * own are complete only when the end came after its record was written, so with a pause before it.
 * Undefined when the history shows no turns or no end.
 */
export function eventsPerTurn(events: readonly HistoryEvent[]): number | undefined {
  const names = events.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName);
  const turns = names.filter((name) => name === spokeSignal.name).length;
  const first = names.indexOf(spokeSignal.name);
  const end = names.indexOf(statusSignal.name, first);
  return turns === 0 || end < 0 ? undefined : (end - first) / turns;
}
