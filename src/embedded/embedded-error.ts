/** One way that was tried to get a server, and why it did not work. */
export interface Attempt {
  what: string;
  why: string;
}

/**
 * An embedded server cannot be had. The message is meant for the person at the terminal: what was
 * tried and what to do. Trying again helps only after something was changed.
 */
export class EmbeddedError extends Error {
  readonly tried: readonly Attempt[];

  constructor(message: string, tried: readonly Attempt[] = [], advice: readonly string[] = []) {
    super(
      [
        message,
        ...(tried.length > 0 ? ['What was tried:'] : []),
        ...tried.map(({ what, why }) => `  - ${what}: ${why}`),
        ...(advice.length > 0 ? ['What to do:'] : []),
        ...advice.map((line) => `  - ${line}`),
      ].join('\n'),
    );
    this.name = 'EmbeddedError';
    this.tried = tried;
  }
}

/** The first line of an error, for a list of attempts; of the cause when that says more. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: unknown; cause?: { message?: unknown } };
  const text = cause?.message || message;
  return (typeof text === 'string' ? text : String(error)).trim().split('\n')[0] ?? '';
}
