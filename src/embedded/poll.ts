import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until the answer is not undefined.
 * @returns undefined when `deadlineMs` have passed without one.
 */
export async function poll<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  { deadlineMs, everyMs = 50 }: { deadlineMs: number; everyMs?: number },
): Promise<T | undefined> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() >= end) return undefined;
    await sleep(everyMs);
  }
}
