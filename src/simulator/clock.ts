/**
 * The wall clock of calls. Everything a caller would have to sit through (speech, pauses, Gather's
 * timeouts, ringing) runs in scaled time; webhook timeouts never do.
 */
export interface Clock {
  /** Waits `ms` of call time; resolves at once when the signal is or becomes aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `action` after `ms` of call time; the returned function calls it off. */
  after(ms: number, action: () => void): () => void;
}

// setTimeout fires at once for anything above this.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A clock on which one second of call time takes `timeScale` real seconds. */
export function createClock(timeScale: number): Clock {
  const real = (ms: number) => Math.min(Math.max(0, ms * timeScale), LONGEST_TIMER_MS);
  return {
    sleep: (ms, signal) => sleepReal(real(ms), signal),
    after(ms, action) {
      const timer = setTimeout(action, real(ms));
      return () => clearTimeout(timer);
    },
  };
}

/** Waits real milliseconds, or until the signal is aborted. */
export function sleepReal(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted || ms <= 0) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}

/** RFC 2822 in UTC, as Twilio writes times: `Mon, 03 Aug 2026 10:00:00 +0000`. */
export function rfc2822(atMs: number): string {
  return new Date(atMs).toUTCString().replace('GMT', '+0000');
}
