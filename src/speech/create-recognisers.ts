import type { SpeechChoice } from '../../workflows/assistant.ts';
import { ProviderHealth, REAL_CLOCK } from '../vendors/provider-health.ts';
import { RecogniserChain, type ChainOptions } from './recogniser-chain.ts';
import type { RecogniserLink, RecogniserProvider } from './recogniser-links.ts';
import { DeepgramRecogniser } from './recognisers/deepgram.ts';
import { DemoRecogniser, type DemoRecogniserOptions } from './recognisers/demo.ts';
import { OpenAiTranscriber } from './recognisers/openai-transcription.ts';
import type { SpeechToText } from './stt.ts';

/** An account at a vendor of recognition. */
export interface RecogniserAccount {
  apiKey: string;
  baseUrl?: string;
  /** For assistants that name none. */
  model: string;
}

export interface RecogniserConfig extends ChainOptions, DemoRecogniserOptions {
  /** Whom to ask, the first one first, for an assistant that does not say. */
  stt: readonly string[];
  deepgram?: RecogniserAccount;
  openai?: RecogniserAccount;
}

export interface Recognisers {
  /** The recogniser for an assistant's own choice, or the configured one. Connects nowhere yet. */
  (choices: readonly SpeechChoice[] | undefined): SpeechToText;
  /** Whether each provider is left alone because it has failed too often. */
  breakers(): { provider: string; state: 'closed' | 'open' | 'half-open' }[];
}

/** Names of models come from assistants: so many are remembered. */
const MAX_REMEMBERED = 500;

/** Builds the recognisers that the configuration names; what is learnt of a provider serves all calls. */
export function createRecognisers(config: RecogniserConfig): Recognisers {
  const { stt, deepgram, openai, onDeaf, ...options } = config;
  const { clock = REAL_CLOCK } = options;
  const demo = new DemoRecogniser({ ...(onDeaf && { onDeaf }) });
  const providers: RecogniserProvider[] = [
    { name: 'demo', health: new ProviderHealth(clock), recogniser: () => demo },
  ];
  const add = (name: string, recogniser: RecogniserProvider['recogniser']): void => {
    providers.push({ name, health: new ProviderHealth(clock), recogniser });
  };
  if (deepgram) {
    add('deepgram', (model = deepgram.model) => new DeepgramRecogniser({ ...deepgram, model }));
  }
  if (openai) {
    add('openai', (model = openai.model) => new OpenAiTranscriber({ ...openai, model }));
  }
  const usual = stt.map((provider): SpeechChoice => ({ provider }));
  const chains = new Map<string, SpeechToText>();
  const recognisers = (choices: readonly SpeechChoice[] = usual): SpeechToText => {
    const key = JSON.stringify(choices.map(({ provider, model }) => [provider, model]));
    const known = chains.get(key);
    if (known) return known;
    if (chains.size >= MAX_REMEMBERED) chains.clear();
    const chain = new RecogniserChain(linksOf(choices, providers), options);
    chains.set(key, chain);
    return chain;
  };
  const breakers: Recognisers['breakers'] = () =>
    providers.map(({ name, health }) => ({ provider: name, state: health.state }));
  return Object.assign(recognisers, { breakers });
}

/** Who is not configured here cannot be asked; nobody else is put in its place. */
function linksOf(
  choices: readonly SpeechChoice[],
  providers: readonly RecogniserProvider[],
): RecogniserLink[] {
  return choices.flatMap(({ provider: name, model }) => {
    const provider = providers.find((each) => each.name === name);
    const recogniser = provider?.recogniser(model);
    const isNamed = model !== undefined;
    return provider && recogniser ? [{ provider, recogniser, isNamed }] : [];
  });
}
