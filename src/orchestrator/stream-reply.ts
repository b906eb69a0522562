/** The answer of a turn, given out clause by clause while a model still writes it. */
import type { Reply } from '../../activities/ports.ts';
import type { Watch } from './deadline.ts';
import type { Completion, LanguageModel, Prompt } from './llm.ts';
import { SpokenClauses } from './streaming/spoken-clauses.ts';

export interface StreamOptions {
  /** Stops the request at once; what was given out until then has been said. */
  signal?: AbortSignal;
  /**
   * The first words of a model are there. Called again when that one failed before anything of its
   * answer could be given out, and another one begins.
   * @param model as the records name it
   */
  onFirstToken?: (model: string) => void;
  /** The next clause: plain words, never empty. Joined by spaces they are the text of the reply. */
  onClause: (text: string) => void;
}

/** What was said; `tries` are the chain's. */
type Said = Omit<Reply, 'tries'>;

/** Milliseconds for an answer of which a part is being heard: nobody waits for its end. */
const WHOLE_MS = 60_000;

/** One turn: for as many models as it takes until one begins to speak. */
export class StreamedReply {
  readonly #prompt: Prompt;
  readonly #options: StreamOptions;
  readonly #thinkers: WeakSet<LanguageModel>;
  #newest: { clauses: SpokenClauses; model: string } | undefined;

  /** @param thinkers models that think aloud in front of their answers; learnt here, too */
  constructor(prompt: Prompt, options: StreamOptions, thinkers: WeakSet<LanguageModel>) {
    this.#prompt = prompt;
    this.#options = options;
    this.#thinkers = thinkers;
  }

  /** @throws ModelError also when a part was given out: see {@link StreamedReply.salvaged}. */
  async ask(model: LanguageModel, watch: Watch): Promise<Said> {
    const { onClause, onFirstToken } = this.#options;
    const give = (clause: string): void => {
      watch.extend(WHOLE_MS);
      onClause(clause);
    };
    const clauses = new SpokenClauses(this.#prompt, give, this.#thinkers.has(model));
    this.#newest = { clauses, model: model.name };
    let hasBegun = false;
    const begin = (): void => {
      if (!hasBegun) onFirstToken?.(model.name);
      hasBegun = true;
    };
    try {
      return await this.#read(model, watch, clauses, begin);
    } finally {
      if (clauses.hasThoughtAloud) this.#thinkers.add(model);
    }
  }

  /** What was given out of an answer that failed then; undefined when nothing was. */
  salvaged(): Said | undefined {
    const { clauses, model } = this.#newest ?? {};
    if (!clauses?.text || model === undefined) return undefined;
    return { text: clauses.text, end: false, model };
  }

  #read(
    model: LanguageModel,
    watch: Watch,
    clauses: SpokenClauses,
    begin: () => void,
  ): Promise<Said> {
    const stop = new AbortController();
    const signal = AbortSignal.any([watch.signal, stop.signal]);
    return new Promise<Said>((resolve, reject) => {
      const guarded = (work: () => void): void => {
        if (signal.aborted) return reject(signal.reason as Error);
        try {
          begin();
          work();
        } catch (error) {
          reject(error as Error);
          stop.abort();
        }
      };
      const onText = (piece: string): void => {
        watch.progress();
        guarded(() => {
          clauses.push(piece);
          if (!clauses.isOver) return;
          // Nothing that the model may still write is of use.
          resolve({ text: clauses.text, end: false, model: model.name });
          stop.abort();
        });
      };
      // Not stopped then: what is left of the body is read, so that its connection can be used again.
      const whole = (completion: Completion): void =>
        guarded(() => {
          clauses.end(completion);
          const { end, model: name, tokens } = completion;
          resolve({ text: clauses.text, end, model: name, ...(tokens && { tokens }) });
        });
      const { progress } = watch;
      model.complete(this.#prompt, { signal, progress, onText }).then(whole, reject);
    });
  }
}
