/** A voice that is made of several: when one fails, the next one says what is left. */
import { REAL_CLOCK, type Clock } from '../vendors/provider-health.ts';
import { SpeechError } from './speech-error.ts';
import type { SpeechTry } from './speech-try.ts';
import type { SpeakOptions, TextToSpeech } from './tts.ts';
import { inOrder, type VoiceLink } from './voice-links.ts';
import { restOf, SpeakingRate } from './voice-rest.ts';
import { speakable } from './voices/speakable.ts';
import { asSpeechError, patiently, VOICE_PATIENCE, type VoicePatience } from './voices/patience.ts';

export interface VoiceChainOptions {
  clock?: Clock;
  /** Told of each voice that was asked for a clause, or passed over. */
  onTry?: (question: SpeechTry) => void;
  /** For a voice behind which there is another one. Default: 1 s for the first audio. */
  patience?: VoicePatience;
}

/** So that the next voice has begun to speak 1.5 s after the first was asked. */
const PATIENCE: VoicePatience = { ...VOICE_PATIENCE, firstMs: 1_000, stallMs: 1_000 };

/**
 * Asks one voice after the other, each once, until the clause is said. One that breaks off in the
 * middle is followed by the next one with the words that are missing, from a word's beginning on: to
 * hear a word twice, in two voices, serves a caller better than to miss an hour or a "not". A voice
 * that fails at once is asked a second time when nobody else is left: an idle connection that the
 * server has just closed looks like that.
 */
export class VoiceChain implements TextToSpeech {
  readonly name: string;
  readonly abilities: TextToSpeech['abilities'];
  readonly #links: readonly VoiceLink[];
  readonly #options: VoiceChainOptions;
  readonly #rates: Map<VoiceLink, SpeakingRate>;

  constructor(links: readonly VoiceLink[], options: VoiceChainOptions = {}) {
    this.#links = links;
    this.#options = options;
    this.#rates = new Map(links.map((link) => [link, new SpeakingRate()]));
    this.name = links.map(({ voice }) => voice.name).join(', ') || 'none';
    this.abilities = { streaming: links[0]?.voice.abilities.streaming ?? false };
  }

  /** @throws SpeechError of the last voice, when none is left that could say the rest */
  async *speak(text: string, options: SpeakOptions): AsyncGenerator<Uint8Array> {
    // Asked for nothing, a voice that is out of order would seem to have come back.
    if (speakable(text) === '') return;
    const { asked, skipped } = inOrder(this.#links);
    for (const link of skipped) this.#tell(link, 'skipped', 0);
    let error: SpeechError | undefined;
    let left = text;
    let before = options.previous;
    const queue = [...asked];
    let isAgain = false;
    for (let link = queue.shift(); link; link = queue.shift()) {
      const clause: Clause = { text: left, bytes: 0 };
      const said = { ...options, ...(before !== undefined && { previous: before }) };
      try {
        yield* this.#ask(link, clause, said, queue.length > 0);
        return;
      } catch (thrown) {
        error = asSpeechError(thrown, 'the voice');
        if (options.signal.aborted) throw error;
      }
      left = restOf(clause.text, this.#rates.get(link)?.charactersIn(clause.bytes) ?? 0);
      if (left === '') return;
      if (left !== clause.text) before = `${before ?? ''} ${clause.text.slice(0, -left.length)}`;
      const mayPass = error.kind === 'unavailable' && error.retryAfterMs === undefined;
      if (queue.length > 0 || isAgain || !mayPass) continue;
      isAgain = true;
      queue.push(link);
    }
    throw error ?? new SpeechError('unavailable', 'no voice can be asked');
  }

  async *#ask(
    link: VoiceLink,
    clause: Clause,
    options: SpeakOptions,
    isReplaceable: boolean,
  ): AsyncGenerator<Uint8Array> {
    const { clock = REAL_CLOCK, patience = PATIENCE } = this.#options;
    const { voice, provider } = link;
    const settle = provider.health.begin();
    const startedAt = clock.now();
    let firstAt: number | undefined;
    let outcome: SpeechTry['outcome'] | undefined;
    try {
      const pieces = patiently((signal) => voice.speak(clause.text, { ...options, signal }), {
        patience: isReplaceable ? patience : VOICE_PATIENCE,
        outer: options.signal,
        server: 'the voice',
      });
      for await (const piece of pieces) {
        firstAt ??= clock.now();
        clause.bytes += piece.length;
        yield piece;
      }
      outcome = 'answered';
      settle('answered');
      this.#rates.get(link)?.learn(clause.text, clause.bytes);
    } catch (thrown) {
      if (!options.signal.aborted) {
        const error = asSpeechError(thrown, 'the voice');
        outcome = error.kind;
        settle(link.isNamed && error.kind === 'refused' ? 'unknown' : error);
      }
      throw thrown;
    } finally {
      // Who is interrupted in the middle has answered so far; before that nothing is known of it.
      if (outcome === undefined && firstAt !== undefined) outcome = 'answered';
      settle(outcome === 'answered' ? 'answered' : 'unknown');
      const endedAt = outcome === 'answered' ? (firstAt ?? clock.now()) : clock.now();
      if (outcome) this.#tell(link, outcome, endedAt - startedAt);
    }
  }

  #tell({ provider, voice }: VoiceLink, outcome: SpeechTry['outcome'], ms: number): void {
    const entry = { provider: provider.name, name: voice.name, outcome };
    this.#options.onTry?.({ ...entry, ms: Math.max(0, Math.round(ms)) });
  }
}

/** What one voice was asked to say, and how many bytes of it came. */
interface Clause {
  readonly text: string;
  bytes: number;
}
