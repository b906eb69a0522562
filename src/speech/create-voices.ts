import type { VoiceChoice } from '../../workflows/assistant.ts';
import { ProviderHealth, REAL_CLOCK } from '../vendors/provider-health.ts';
import type { TextToSpeech } from './tts.ts';
import { VoiceChain, type VoiceChainOptions } from './voice-chain.ts';
import type { VoiceLink, VoiceProvider } from './voice-links.ts';
import { DeepgramVoice } from './voices/deepgram.ts';
import { DemoVoice } from './voices/demo.ts';
import { ElevenLabsVoice } from './voices/elevenlabs.ts';
import { LOCAL_VOICE, type LocalProgram } from './voices/local-programs.ts';
import { LocalVoice } from './voices/local.ts';
import { OpenAiVoice } from './voices/openai-speech.ts';

/** An account at a vendor of voices. */
export interface VoiceAccount {
  apiKey: string;
  baseUrl?: string;
  /** For assistants that name none; left out: the driver's own. */
  model?: string;
  voice?: string;
}

export interface VoiceConfig extends VoiceChainOptions {
  /** Whom to ask, the first one first, for an assistant that does not say. */
  tts: readonly string[];
  elevenlabs?: VoiceAccount;
  deepgram?: VoiceAccount;
  openai?: VoiceAccount;
  /** Programs of this machine, see `findLocalPrograms`; none: `demo` speaks in tones, `local` not at all. */
  programs?: readonly LocalProgram[];
  /** As `VOCA_LOCAL_VOICE` has it. */
  localVoice?: string;
}

export interface Voices {
  /** The voice for an assistant's own choice, or the configured one. Connects nowhere yet. */
  (choices: readonly VoiceChoice[] | undefined): TextToSpeech;
  /** Whether each provider is left alone because it has failed too often. */
  breakers(): { provider: string; state: 'closed' | 'open' | 'half-open' }[];
}

type Choice = Parameters<VoiceProvider['voice']>[0];

/** Names of models and voices come from assistants: so many are remembered. */
const MAX_REMEMBERED = 500;

/** Builds the voices that the configuration names; what is learnt of a provider serves all calls. */
export function createVoices(config: VoiceConfig): Voices {
  const { tts, clock = REAL_CLOCK } = config;
  const providers = providersOf(config).map(([name, voice]): VoiceProvider => ({
    name,
    health: new ProviderHealth(clock),
    voice,
  }));
  const usual = tts.map((provider): VoiceChoice => ({ provider }));
  const chains = new Map<string, TextToSpeech>();
  const voices = (choices: readonly VoiceChoice[] = usual): TextToSpeech => {
    const key = JSON.stringify(
      choices.map(({ provider, model, voice }) => [provider, model, voice]),
    );
    const known = chains.get(key);
    if (known) return known;
    if (chains.size >= MAX_REMEMBERED) chains.clear();
    const chain = new VoiceChain(linksOf(choices, providers), config);
    chains.set(key, chain);
    return chain;
  };
  const breakers: Voices['breakers'] = () =>
    providers.map(({ name, health }) => ({ provider: name, state: health.state }));
  return Object.assign(voices, { breakers });
}

function providersOf(config: VoiceConfig): [string, VoiceProvider['voice']][] {
  const { elevenlabs, deepgram, openai, programs = [], localVoice } = config;
  const local = (voice = localVoice): LocalVoice | undefined => {
    if (programs.length === 0 || (voice !== undefined && !LOCAL_VOICE.test(voice)))
      return undefined;
    return new LocalVoice({ programs, ...(voice !== undefined && { voice }) });
  };
  const demo = new DemoVoice(local());
  const providers: [string, VoiceProvider['voice']][] = [
    ['demo', () => demo],
    ['local', ({ voice }) => local(voice)],
  ];
  if (elevenlabs) {
    providers.push(['elevenlabs', (choice) => new ElevenLabsVoice(merged(elevenlabs, choice))]);
  }
  if (deepgram) {
    // Its voices are models.
    const model = ({ model: name, voice }: Choice): Choice => {
      const chosen = voice ?? name;
      return chosen === undefined ? {} : { model: chosen };
    };
    providers.push(['deepgram', (choice) => new DeepgramVoice(merged(deepgram, model(choice)))]);
  }
  if (openai) providers.push(['openai', (choice) => new OpenAiVoice(merged(openai, choice))]);
  return providers;
}

function merged(account: VoiceAccount, { model, voice }: Choice): VoiceAccount {
  return {
    ...account,
    ...(model !== undefined && { model }),
    ...(voice !== undefined && { voice }),
  };
}

/** Who is not configured here cannot be asked; nobody else is put in its place. */
function linksOf(
  choices: readonly VoiceChoice[],
  providers: readonly VoiceProvider[],
): VoiceLink[] {
  return choices.flatMap((choice) => {
    const provider = providers.find((each) => each.name === choice.provider);
    const voice = provider?.voice(choice);
    const isNamed = choice.model !== undefined || choice.voice !== undefined;
    return provider && voice ? [{ provider, voice, isNamed }] : [];
  });
}
