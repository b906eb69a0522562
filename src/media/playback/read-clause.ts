/** A clause from a voice: read as it is made, but not without end ahead of the caller. */
import type { Clause } from './playback-types.ts';

export interface Reading {
  /** Aborted when what is read is not wanted any more. */
  signal: AbortSignal;
  /** Resolves when not too much waits to be played, or nothing is wanted any more. */
  hasRoom: () => Promise<void>;
}

/** @throws what reading throws, unless the clause is not wanted any more */
export async function readClause(
  audio: AsyncIterable<Uint8Array>,
  clause: Clause,
  { signal, hasRoom }: Reading,
): Promise<void> {
  const iterator = audio[Symbol.asyncIterator]();
  let stop = (): void => {};
  const unwanted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  signal.addEventListener('abort', stop);
  try {
    while (clause.isWanted) {
      const next = await Promise.race([iterator.next(), unwanted]);
      if (next?.done === true) return clause.end();
      if (next) clause.push(next.value);
      await hasRoom();
    }
  } catch (error) {
    if (!clause.isWanted) return;
    clause.end('failed');
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  // Nobody waits for a voice that is told to stop.
  iterator.return?.().catch(() => {});
}
