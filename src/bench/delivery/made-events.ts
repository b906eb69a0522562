/**
 * Events that are not of calls which were played: rows of the outbox, written by the product's own `emit`
 * with a delivery each, as the recording activity writes them. They are of calls of ten events, so that
 * their deliveries go in lanes as real ones do.
 */
import { emit } from '../../db/outbox.ts';
import type { NewEvent } from '../../db/outbox.ts';
import type { Database } from '../../db/pool.ts';
import { inWorkspace } from '../../db/scope.ts';
import { newId } from '../../ids.ts';
import { pause } from '../play-call.ts';

const EVENTS_PER_CALL = 10;

/** As long as those of real turns. */
const TURN = {
  heard: {
    kind: 'speech',
    text: 'I would like a table for four people on Friday at eight, please.',
  },
  status: 'answered',
  reply:
    'With pleasure: a table for four on Friday at eight. Under which name may I book it for you?',
  reply_source: 'model',
  model: 'openai/instant',
  tokens: { input: 312, output: 41 },
};

export class EventMaker {
  readonly #owner: Database;
  readonly #workspaceId: string;
  #callId = newId('call');
  #sequence = 0;
  #made = 0;

  /** @param owner of the tables */
  constructor(owner: Database, workspaceId: string) {
    this.#owner = owner;
    this.#workspaceId = workspaceId;
  }

  get made(): number {
    return this.#made;
  }

  /** Writes so many in one transaction, of this moment. */
  async make(count: number): Promise<void> {
    const events = Array.from({ length: count }, () => this.#next());
    await inWorkspace(this.#owner, this.#workspaceId, 'Making events', (scope) =>
      emit(scope, events),
    );
    this.#made += count;
  }

  /** A batch every so often, until it is stopped or has made so many. */
  async keepMaking(
    { count = Infinity, batch = 1, everyMs }: { count?: number; batch?: number; everyMs: number },
    stopping: AbortSignal,
  ): Promise<void> {
    const startedAt = performance.now();
    for (let nth = 1; this.#made < count && !stopping.aborted; nth += 1) {
      await this.make(Math.min(batch, count - this.#made));
      await pause(startedAt + nth * everyMs - performance.now(), stopping);
    }
  }

  #next(): NewEvent {
    if (this.#sequence === EVENTS_PER_CALL) {
      this.#sequence = 0;
      this.#callId = newId('call');
    }
    this.#sequence += 1;
    const [id, sequence] = [this.#callId, this.#sequence];
    return {
      id: newId('evt'),
      type: 'call.turn.completed',
      occurredAt: new Date().toISOString(),
      data: { call_id: id, turn: { position: sequence, ...TURN } },
      call: { id, sequence },
    };
  }
}
