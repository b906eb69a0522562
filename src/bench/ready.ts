/** When an instance can take calls, which needs all of its servers. */
const LOOK_AGAIN_MS = 100;
/** Longer than any answer that says yes. */
const ASK_MS = 3000;

/** @returns when it was ready, in milliseconds since 1970; undefined when it was not in time. */
export async function whenReady(
  apiUrl: string,
  withinMs: number,
  stopping?: AbortSignal,
): Promise<number | undefined> {
  const end = Date.now() + withinMs;
  while (Date.now() < end && stopping?.aborted !== true) {
    const isReady = await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(ASK_MS) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return Date.now();
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return undefined;
}
