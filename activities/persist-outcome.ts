import { setTimeout as delay } from 'node:timers/promises';

/** Far shorter than the time limit of a round. */
const FOR_MS = 60_000;
const PAUSE_MS = 500;

/**
 * Writes what an attempt came to. What was sent would be sent again if the database could not be told: so it
 * is worth waiting a minute for it.
 * @throws the error of the last try; @param signal makes it the last one
 */
export async function persistOutcome<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const startedAt = performance.now(); ;) {
    try {
      return await write();
    } catch (error) {
      const isPassing = (error as { retryable?: boolean }).retryable === true;
      const isLate = performance.now() - startedAt >= FOR_MS;
      if (!isPassing || isLate || signal.aborted) throw error;
      await delay(PAUSE_MS);
    }
  }
}
