/** Notes down when keys were used last: some at once, after the requests, and each once a minute. */
export interface KeyUse {
  used: (keyId: string) => void;
  /** Notes down the rest. */
  close(): Promise<void>;
}

export interface KeyUseOptions {
  /** How long requests are gathered, in milliseconds. */
  gatherMs?: number;
  /** Milliseconds of a clock that only goes forward. */
  now?: () => number;
}

const GATHER_MS = 1_000;
const MINUTE_MS = 60_000;
const REMEMBERED = 20_000;

/** @param note what it throws is passed over: the next use is noted down again. */
export function keyUse(
  note: (keyIds: readonly string[]) => Promise<void>,
  { gatherMs = GATHER_MS, now = () => performance.now() }: KeyUseOptions = {},
): KeyUse {
  const noted = new Map<string, number>();
  let waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const keyIds = [...waiting];
    waiting = new Set();
    if (keyIds.length === 0) return;
    await note(keyIds).catch(() => {
      for (const keyId of keyIds) noted.delete(keyId);
    });
  };
  return {
    used: (keyId) => {
      const last = noted.get(keyId);
      if (last !== undefined && now() - last < MINUTE_MS) return;
      noted.delete(keyId);
      noted.set(keyId, now());
      const oldest = noted.keys().next();
      if (noted.size > REMEMBERED && !oldest.done) noted.delete(oldest.value);
      waiting.add(keyId);
      timer ??= setTimeout(() => void flush(), gatherMs).unref();
    },
    close: flush,
  };
}
