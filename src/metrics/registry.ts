/**
 * The metrics of this process. No label ever holds a call, a number or words, and all but one
 * (`turn-metrics.ts`, the first hundred assistants) are lists that are known beforehand, so that their
 * count stays bounded.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

export const registry = new Registry();

/** Prometheus wants seconds. */
export const seconds = (ms: number): number => ms / 1000;

let areCollected = false;

/**
 * What every process tells of itself: event loop lag, memory, open sockets, CPU, garbage collection.
 * @param name such as `voca-api-1`; it stands on all metrics of this process that are ours
 */
export function collectProcessMetrics(role: string, name: string): void {
  registry.setDefaultLabels({ role, process: name });
  if (areCollected) return;
  areCollected = true;
  collectDefaultMetrics({ register: registry });
}
