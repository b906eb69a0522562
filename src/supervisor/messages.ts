/**
 * What supervisor and children tell each other.
 *
 * A child says `ready` once. One that serves connections is handed them a few at a time, each with its
 * socket, and answers `taken` before it reads a byte. After `draining` it takes none: one that was
 * handed to it and not taken by then belongs to another child.
 */
export type FromChild = { type: 'ready' } | { type: 'draining' } | { type: 'taken'; id: number };

export interface HandedConnection {
  type: 'connection';
  id: number;
}

/** @returns undefined for what is none of ours. */
export function fromChild(message: unknown): FromChild | undefined {
  const { type, id } = (message ?? {}) as { type?: unknown; id?: unknown };
  if (type === 'ready' || type === 'draining') return { type };
  return type === 'taken' && typeof id === 'number' ? { type, id } : undefined;
}

export function handedConnection(message: unknown): HandedConnection | undefined {
  const { type, id } = (message ?? {}) as { type?: unknown; id?: unknown };
  return type === 'connection' && typeof id === 'number' ? { type, id } : undefined;
}

/** Says something to the supervisor; one that is just dying does not hear it. */
export function tellSupervisor(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
