/** The chain of voices: whom to ask, in which order. */
import type { ProviderHealth } from '../vendors/provider-health.ts';
import type { TextToSpeech } from './tts.ts';

/** Whom to ask for speech: one account at one vendor, shared by all calls of this process. */
export interface VoiceProvider {
  /** As `VOCA_TTS` names it. */
  name: string;
  health: ProviderHealth;
  /** Undefined when it has no such voice. */
  voice(choice: { model?: string; voice?: string }): TextToSpeech | undefined;
}

/** One place in the chain. */
export interface VoiceLink {
  provider: VoiceProvider;
  voice: TextToSpeech;
  /** The assistant names its model or voice: that it may not have it is no fault of the provider. */
  isNamed?: boolean;
}

/**
 * In which order a clause asks: those that are likely to answer; behind them, for want of better ones,
 * those that have failed too often, the first to be back first. A wait that a server has asked for
 * itself (Retry-After) is never overridden.
 */
export function inOrder(links: readonly VoiceLink[]): {
  asked: VoiceLink[];
  skipped: VoiceLink[];
} {
  const good = links.filter(({ provider }) => provider.health.isOpenToQuestions());
  const rest = links.filter((link) => !good.includes(link));
  const lastResort = rest
    .filter(({ provider }) => provider.health.waitMs === 0)
    .sort((a, b) => a.provider.health.openMs - b.provider.health.openMs);
  return good.length > 0
    ? { asked: good, skipped: rest }
    : { asked: lastResort.slice(0, 1), skipped: rest.filter((link) => link !== lastResort[0]) };
}
