/** Processor time per webhook. Pure. */
import type { Usages } from './process-meter.ts';

/** Milliseconds of processor time per webhook, by part, and in all without the generator. */
export type CpuCost = Record<string, number>;

/**
 * @param before and @param after of the same processes; one that is not in both is left out
 * @returns empty without webhooks
 */
export function cpuPerWebhook(before: Usages, after: Usages, webhooks: number): CpuCost {
  if (webhooks === 0) return {};
  const costs = Object.entries(after).flatMap(([part, { cpuSeconds }]): [string, number][] => {
    const start = before[part];
    if (!start) return [];
    return [[part, ((cpuSeconds - start.cpuSeconds) * 1000) / webhooks]];
  });
  const product = costs.filter(([part]) => part !== 'generator');
  const total = product.reduce((sum, [, ms]) => sum + ms, 0);
  return Object.fromEntries(
    [...costs, ['total', total]].map(([part, ms]) => [part, hundredths(ms as number)]),
  );
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
