/** What recognisers and voices were asked and how they answered. */
import { Gauge, Histogram } from 'prom-client';
import type { SpeechTry } from '../speech/index.ts';
import { registry, seconds } from './registry.ts';

export type SpeechPart = 'recogniser' | 'voice';

/** Around the deadlines of an answer (1 to 1.5 s, 4 s for whole sentences). */
const BUCKETS = [0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.3, 1.5, 2, 3, 4, 8];

const duration = new Histogram({
  name: 'voca_speech_try_duration_seconds',
  help: 'One question to a recogniser or a voice: until its words are final, or its first audio',
  labelNames: ['part', 'provider', 'outcome'] as const,
  buckets: BUCKETS,
  registers: [registry],
});
type Breakers = () => { provider: string; state: 'closed' | 'open' | 'half-open' }[];
const watched = new Map<SpeechPart, Breakers>();
const breakerOpen: Gauge<'part' | 'provider'> = new Gauge({
  name: 'voca_speech_breaker_open',
  help: '1 while a provider of speech services is left alone because it has failed too often',
  labelNames: ['part', 'provider'] as const,
  registers: [registry],
  collect: () => {
    for (const [part, breakers] of watched) {
      for (const { provider, state } of breakers()) {
        breakerOpen.labels(part, providerOf(provider)).set(state === 'closed' ? 0 : 1);
      }
    }
  },
});

/** Whose breakers are shown: asked at each scrape. */
export function watchSpeechBreakers(part: SpeechPart, breakers: Breakers): void {
  watched.set(part, breakers);
}

/** Names of models and voices come from assistants; only that of the provider is from a short list. */
const PROVIDERS = new Set(['demo', 'deepgram', 'elevenlabs', 'local', 'openai']);

export function countSpeechTry(part: SpeechPart, { provider, outcome, ms }: SpeechTry): void {
  duration.labels(part, providerOf(provider), outcome).observe(seconds(ms));
}

function providerOf(provider: string): string {
  return PROVIDERS.has(provider) ? provider : 'other';
}
