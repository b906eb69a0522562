/** Errors of the database, without what PostgreSQL says of the rows. */

/** The message and code name no value; `retryable` says whether trying again may help. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly messageIsSafe = true;
  /** An SQLSTATE, an error code of the network, `no-connection`, or `bug` (of ours). */
  readonly code: string;
  readonly retryable: boolean;

  constructor(what: string, code: string, retryable: boolean) {
    super(`${what} (${code})`);
    this.code = code;
    this.retryable = retryable;
  }
}

/**
 * Classes of SQLSTATE that say nothing of the statement itself: connection, rolled back,
 * resources, not in a state to, cancelled or shutting down, system.
 */
const TRANSIENT_CLASSES = ['08', '40', '53', '55', '57', '58'];
/** At the greeting of a connection: the role that the migrations make is not there yet. */
const NOT_MIGRATED = '22023';
/** A standby that takes no writes, until it is promoted. */
const READ_ONLY = '25006';

/** Runs database work; whatever it throws becomes a {@link DatabaseError} that names `what`. */
export async function translated<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw describe(what, error);
  }
}

/** The original is not kept as a cause: its detail repeats the row, and causes get stored. */
export function describe(what: string, error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const code = error instanceof TypeError || error instanceof RangeError ? 'bug' : codeOf(error);
  const failed = `${what} failed in the database`;
  if (code === NOT_MIGRATED && isFatal(error)) {
    return new DatabaseError(`${failed}, which is not migrated yet`, code, true);
  }
  if (code === undefined) return new DatabaseError(failed, 'no-connection', true);
  if (code === 'bug') return new DatabaseError(failed, code, false);
  if (!isSqlState(code)) return new DatabaseError(failed, code, true);
  const transient = TRANSIENT_CLASSES.includes(code.slice(0, 2)) || code === READ_ONLY;
  return new DatabaseError(failed, code, transient);
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E');
}

/** It ended the connection, so it is no answer to a statement. */
function isFatal(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'severity' in error && error.severity === 'FATAL'
  );
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[A-Z0-9_]{2,30}$/.test(error.code)
    ? error.code
    : undefined;
}
