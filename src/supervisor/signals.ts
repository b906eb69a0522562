const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm passes on the Ctrl-C that the terminal has already sent us: that is one, not two. */
const SAME_PRESS_MS = 250;

/**
 * Calls back for each signal that asks to stop, with how many there were so far.
 * @returns takes the handlers away again
 */
export function repeatedSignals(
  heard: (signal: NodeJS.Signals, count: number) => void,
  now: () => number = Date.now,
): () => void {
  let count = 0;
  let lastMs = -Infinity;
  const handlers = STOP_SIGNALS.map((signal) => {
    const handler = () => {
      if (now() - lastMs < SAME_PRESS_MS) return;
      lastMs = now();
      count += 1;
      heard(signal, count);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((off) => off());
}
