/** Tells the person at the terminal what takes so long. */
export interface Progress {
  /** One finished line. */
  say(line: string): void;
  /** What is going on at this moment; each call replaces the one before. */
  live(line: string): void;
}

export interface ProgressStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Where nothing can be redrawn, a sign of life is one line in so many milliseconds. */
const PLAIN_EVERY_MS = 15_000;

/** Redraws one line on a terminal; elsewhere writes a line every 15 s or so. */
export function createProgress(stream: ProgressStream, now: () => number = Date.now): Progress {
  return stream.isTTY ? redrawn(stream) : plain(stream, now);
}

/** Says nothing: for tests. */
export const silentProgress: Progress = { say: () => undefined, live: () => undefined };

function redrawn(stream: ProgressStream): Progress {
  let drawn = false;
  const clear = () => {
    if (drawn) stream.write('\r\u001b[2K');
    drawn = false;
  };
  return {
    say: (line) => {
      clear();
      stream.write(`${line}\n`);
    },
    live: (line) => {
      clear();
      // A wrapped line could not be redrawn.
      stream.write(line.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
      drawn = true;
    },
  };
}

function plain(stream: ProgressStream, now: () => number): Progress {
  let lastMs = now();
  return {
    say: (line) => {
      lastMs = now();
      stream.write(`${line}\n`);
    },
    live: (line) => {
      if (now() - lastMs < PLAIN_EVERY_MS) return;
      lastMs = now();
      stream.write(`${line}\n`);
    },
  };
}
