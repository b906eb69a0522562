import type { CallSoFar, Reply } from '../../../activities/ports.ts';
import type { Heard, ModelTry } from '../../../workflows/contract.ts';
import type { TalkEvent } from '../turns/index.ts';

/** What a session needs of the orchestrator. */
export interface StreamingOrchestrator {
  /**
   * Answers what was just heard, clause by clause.
   * @throws when no model answered in time and nothing was handed out
   */
  streamReply(call: CallSoFar, heard: Heard, options: StreamReplyOptions): Promise<Reply>;
}

export interface StreamReplyOptions {
  signal?: AbortSignal;
  /** Called again when another model begins, as the one before failed before its first clause. */
  onFirstToken?: (model: string) => void;
  onClause: (text: string) => void;
}

type OfModels = Extract<
  TalkEvent,
  { type: 'first-token' | 'clause' | 'reply-done' | 'reply-failed' }
>;
/** Without its time, which is when it is told. */
export type ModelEvent = OfModels extends infer Event
  ? Event extends OfModels
    ? Omit<Event, 'at'>
    : never
  : never;

/** Asks for answers; several may be under way, of which the newest is wanted. */
export class Mind {
  readonly #orchestrator: StreamingOrchestrator;
  readonly #onEvent: (event: ModelEvent) => void;
  readonly #asked = new Map<number, AbortController>();

  constructor(orchestrator: StreamingOrchestrator, onEvent: (event: ModelEvent) => void) {
    this.#orchestrator = orchestrator;
    this.#onEvent = onEvent;
  }

  ask(reply: number, call: CallSoFar, heard: Heard): void {
    const stop = new AbortController();
    this.#asked.set(reply, stop);
    const tell = (event: ModelEvent): void => {
      if (!stop.signal.aborted) this.#onEvent(event);
    };
    this.#orchestrator
      .streamReply(call, heard, {
        signal: stop.signal,
        onFirstToken: (model) => tell({ type: 'first-token', reply, model }),
        onClause: (text) => tell({ type: 'clause', reply, text }),
      })
      .then(
        (result) => tell({ type: 'reply-done', reply, result }),
        (error: unknown) => tell({ type: 'reply-failed', reply, tries: triesOf(error) }),
      )
      .finally(() => this.#asked.delete(reply));
  }

  /** The answer is not wanted any more: nothing of it is told from now on. */
  drop(reply: number): void {
    this.#asked.get(reply)?.abort();
  }

  close(): void {
    for (const stop of this.#asked.values()) stop.abort();
  }
}

/** As the orchestrator tells them; names and times alone. */
function triesOf(error: unknown): ModelTry[] {
  const { tries } = (error ?? {}) as { tries?: unknown };
  return Array.isArray(tries) ? (tries as ModelTry[]) : [];
}
