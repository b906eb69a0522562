/** A recogniser that is made of several: when one fails in mid-call, the next one goes on. */
import { REAL_CLOCK, type Clock } from '../vendors/provider-health.ts';
import { RelaySession, type RelayTimes } from './recogniser-relay.ts';
import type { RecogniserLink } from './recogniser-links.ts';
import type { SpeechTry } from './speech-try.ts';
import type { ListenOptions, RecogniserSession, SpeechToText } from './stt.ts';

export interface ChainOptions {
  clock?: Clock;
  times?: Partial<RelayTimes>;
  /** Told of every answer and every failure. */
  onTry?: (question: SpeechTry) => void;
}

export class RecogniserChain implements SpeechToText {
  readonly name: string;
  readonly abilities: SpeechToText['abilities'];
  readonly #links: readonly RecogniserLink[];
  readonly #options: ChainOptions;

  /** @param links the first one is asked first; none at all: every session fails */
  constructor(links: readonly RecogniserLink[], options: ChainOptions = {}) {
    this.#links = links;
    this.#options = options;
    const recognisers = links.map(({ recogniser }) => recogniser);
    this.name = recognisers[0]?.name ?? 'none';
    this.abilities = {
      interim: recognisers.every(({ abilities }) => abilities.interim),
      streaming: recognisers.every(({ abilities }) => abilities.streaming),
    };
  }

  listen(options: ListenOptions): RecogniserSession {
    const { clock = REAL_CLOCK, times = {}, onTry = () => undefined } = this.#options;
    return new RelaySession({
      links: this.#links,
      listen: options,
      now: () => clock.now(),
      times,
      onTry,
    });
  }
}
