/** What language models were asked and how they answered. */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { ModelTry, Tokens } from '../../workflows/contract.ts';
import { registry, seconds } from './registry.ts';

/** Around the deadlines of a try (8 s) and of a turn (18 s), and the filler at 3.5 s. */
const BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3.5, 5, 8, 12, 18];

const duration = new Histogram({
  name: 'voca_model_try_duration_seconds',
  help: 'One question to a language model; `skipped` ones were not asked',
  labelNames: ['provider', 'outcome'] as const,
  buckets: BUCKETS,
  registers: [registry],
});
const tokens = new Counter({
  name: 'voca_model_tokens_total',
  help: 'Tokens, as the vendors count them',
  labelNames: ['provider', 'kind'] as const,
  registers: [registry],
});
let breakers: Breakers = () => [];
const breakerOpen: Gauge<'provider'> = new Gauge({
  name: 'voca_model_breaker_open',
  help: '1 while a provider of models is left alone because it has failed too often',
  labelNames: ['provider'] as const,
  registers: [registry],
  collect: () => {
    for (const { provider, state } of breakers()) {
      breakerOpen.labels(providerOf(provider)).set(state === 'closed' ? 0 : 1);
    }
  },
});

type Breakers = () => { provider: string; state: 'closed' | 'open' | 'half-open' }[];

/** Whose breakers are shown: asked at each scrape. */
export function watchBreakers(states: Breakers): void {
  breakers = states;
}

/** The names of models come from configurations; only that of the provider is from a short list. */
const PROVIDERS = new Set(['openai', 'anthropic', 'demo']);

export function countTry({ model, ms, outcome }: ModelTry): void {
  const provider = providerOf(model);
  duration.labels(provider, outcome).observe(seconds(ms));
}

export function countTokens(model: string, { prompt, completion }: Tokens): void {
  tokens.labels(providerOf(model), 'prompt').inc(prompt);
  tokens.labels(providerOf(model), 'completion').inc(completion);
}

function providerOf(model: string): string {
  const provider = model.split('/', 1)[0] ?? '';
  return PROVIDERS.has(provider) ? provider : 'other';
}
