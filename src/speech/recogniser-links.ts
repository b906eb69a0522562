/** The chain of recognisers: whom to ask, in which order, and who may take over in mid-call. */
import type { ProviderHealth } from '../vendors/provider-health.ts';
import type { SpeechError } from './speech-error.ts';
import type { SpeechToText } from './stt.ts';

/** Whom to ask for recognition: one account at one vendor, shared by all calls of this process. */
export interface RecogniserProvider {
  /** As `VOCA_STT` names it. */
  name: string;
  health: ProviderHealth;
  /** Undefined when no model is named here and none is configured. */
  recogniser(model?: string): SpeechToText | undefined;
}

/** One place in the chain. */
export interface RecogniserLink {
  provider: RecogniserProvider;
  recogniser: SpeechToText;
  /** The assistant names its model: that it may not have it is no fault of the provider. */
  isNamed?: boolean;
}

/** In this session, who failed so lately is not asked again as long as there is somebody else. */
const COOL_MS = 20_000;
/** Who had let us in and broke off is asked again at once, when this was not so lately. */
const AGAIN_MS = 10_000;

interface Place {
  link: RecogniserLink;
  tries: number;
  failedAt: number;
  startedAgainAt: number;
  /** Failed in a way that no repetition helps. */
  isSpent: boolean;
}

/** What one session knows of its chain. */
export class LinkChoice {
  readonly #places: Place[];
  readonly #now: () => number;

  constructor(links: readonly RecogniserLink[], now: () => number) {
    this.#now = now;
    this.#places = links.map((link) => ({
      link,
      tries: 0,
      failedAt: -Infinity,
      startedAgainAt: -Infinity,
      isSpent: false,
    }));
  }

  begun(link: RecogniserLink): void {
    this.#placeOf(link).tries += 1;
  }

  failed(link: RecogniserLink, { retryable }: SpeechError): void {
    const place = this.#placeOf(link);
    place.failedAt = this.#now();
    place.isSpent ||= !retryable;
  }

  /** Whose turn it would be, but who is known to be out of order. */
  skipped(): RecogniserLink[] {
    return this.#places
      .filter(({ tries, link }) => tries === 0 && !link.provider.health.isOpenToQuestions())
      .map(({ link }) => link);
  }

  /**
   * Who is likely to answer, apart from `busy`. Failing that, who has just broken off after letting us in;
   * failing that, who was not tried: one that failed in other calls may have come back.
   */
  next(busy?: RecogniserLink, brokenOff?: RecogniserLink): RecogniserLink | undefined {
    const now = this.#now();
    const left = this.#places.filter(({ link, isSpent }) => !isSpent && link !== busy);
    const good = left.find(
      ({ link, failedAt }) => now - failedAt > COOL_MS && link.provider.health.isOpenToQuestions(),
    );
    if (good) return good.link;
    const again = left.find(({ link }) => link === brokenOff);
    if (again && now - again.startedAgainAt > AGAIN_MS && this.#isWelcome(again)) {
      again.startedAgainAt = now;
      return again.link;
    }
    return left.find((place) => place.tries === 0 && this.#isWelcome(place))?.link;
  }

  /** What a server has said itself (Retry-After) is never overridden. */
  #isWelcome({ link }: Place): boolean {
    return link.provider.health.waitMs === 0;
  }

  #placeOf(link: RecogniserLink): Place {
    const place = this.#places.find((each) => each.link === link);
    if (!place) throw new Error('no such link in this chain');
    return place;
  }
}
