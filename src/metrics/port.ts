/** On which port a process tells its metrics. */

export interface ProcessPlace {
  role: 'api' | 'worker' | 'media';
  /** Such as `voca-worker-2`. */
  name: string;
  /** A supervisor started it beside others; alone, as in a container, it has the port itself. */
  isSupervised: boolean;
}

/** Two api processes, two workers, then media. The supervisor itself tells no metrics. */
const FIRST_INDEX = { api: 0, worker: 2, media: 4 } as const;
const LAST_PORT = 65535;

/** `METRICS_PORT` plus the index of the process; undefined when there is no such port. */
export function metricsPortOf(
  basePort: number,
  { role, name, isSupervised }: ProcessPlace,
): number | undefined {
  if (!isSupervised) return basePort;
  const number = Number(/-(\d{1,2})$/.exec(name)?.[1] ?? 1);
  const port = basePort + FIRST_INDEX[role] + number - 1;
  return port <= LAST_PORT ? port : undefined;
}
