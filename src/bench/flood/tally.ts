/** Counts what becomes of strangers. */
import { ASKING, HOLDING } from './order.ts';
import type { FloodFigures, StrangerFigures, StrangerKind } from './order.ts';

export class Tally {
  readonly #figures = noFigures();
  /** Of connections that are held now: since when. */
  readonly #held = new Map<object, { kind: StrangerKind; sinceMs: number }>();

  sent(kind: StrangerKind): void {
    this.#figures[kind].sent += 1;
  }

  refused(kind: StrangerKind): void {
    this.#figures[kind].refused += 1;
  }

  answered(kind: StrangerKind, status: number): void {
    const { statuses } = this.#figures[kind];
    statuses[status] = (statuses[status] ?? 0) + 1;
  }

  holds(kind: StrangerKind, connection: object, nowMs: number): void {
    this.#held.set(connection, { kind, sinceMs: nowMs });
  }

  /** @returns whether it was held. */
  lost(connection: object, nowMs: number): boolean {
    const held = this.#held.get(connection);
    if (!held) return false;
    this.#held.delete(connection);
    const figures = this.#figures[held.kind];
    figures.longestMs = Math.max(figures.longestMs, Math.round(nowMs - held.sinceMs));
    return true;
  }

  /** Connections that are still held count as long as they were held until now. */
  figures(nowMs: number): FloodFigures {
    for (const connection of [...this.#held.keys()]) this.lost(connection, nowMs);
    return this.#figures;
  }
}

export function noFigures(): FloodFigures {
  const none = (): StrangerFigures => ({ sent: 0, refused: 0, statuses: {}, longestMs: 0 });
  const kinds = [...HOLDING, ...ASKING].map((kind) => [kind, none()]);
  return Object.fromEntries(kinds) as FloodFigures;
}

/** Adds what another flood has brought. */
export function addFigures(sum: FloodFigures, more: FloodFigures): void {
  for (const kind of [...HOLDING, ...ASKING]) {
    const [all, each] = [sum[kind], more[kind]];
    all.sent += each.sent;
    all.refused += each.refused;
    all.longestMs = Math.max(all.longestMs, each.longestMs);
    for (const [status, count] of Object.entries(each.statuses)) {
      all.statuses[status] = (all.statuses[status] ?? 0) + count;
    }
  }
}
