/** The mind of a call: what is exported here is all that other parts may use. */
import { ProviderHealth, REAL_CLOCK } from '../vendors/provider-health.ts';
import type { Provider } from './links.ts';
import type { LanguageModel } from './llm.ts';
import { VocaOrchestrator, type OrchestratorOptions } from './orchestrator.ts';
import { AnthropicModel } from './providers/anthropic.ts';
import { DemoModel } from './providers/demo/demo-model.ts';
import { OpenAiModel } from './providers/openai.ts';

export { ModelError, NoModelAnswered, type LanguageModel } from './llm.ts';
export { VocaOrchestrator, type Deadlines, type OrchestratorOptions } from './orchestrator.ts';
export type { StreamOptions } from './stream-reply.ts';
export { demoAssistant } from './providers/demo/assistant.ts';

export type ProviderName = 'demo' | 'openai' | 'anthropic';

/** An account at a vendor; without `model` only assistants that name one can use it. */
export interface VendorOptions {
  apiKey: string;
  baseURL?: string;
  model?: string;
}

export interface OrchestratorConfig extends OrchestratorOptions {
  /** Whom to ask, the first one first, for an assistant that does not say. */
  llm: ProviderName | readonly ProviderName[];
  openai?: VendorOptions;
  anthropic?: VendorOptions;
}

/** Builds the orchestrator for the language models that the configuration names. Connects nowhere yet. */
export function createOrchestrator(config: OrchestratorConfig): VocaOrchestrator {
  const { llm, openai, anthropic, ...options } = config;
  const { clock = REAL_CLOCK } = options;
  const health = () => new ProviderHealth(clock);
  const demo = new DemoModel();
  const providers: Provider[] = [{ name: 'demo', health: health(), model: () => demo }];
  if (openai) {
    const model = models(openai, (vendor) => new OpenAiModel(vendor));
    providers.push({ name: 'openai', health: health(), model });
  }
  if (anthropic) {
    const model = models(anthropic, (vendor) => new AnthropicModel(vendor));
    providers.push({ name: 'anthropic', health: health(), model });
  }
  const names = typeof llm === 'string' ? [llm] : llm;
  return new VocaOrchestrator(
    providers,
    names.map((provider) => ({ provider })),
    options,
  );
}

/** One client for each model, kept: a model learns what its server can do. */
function models(
  vendor: VendorOptions,
  make: (options: VendorOptions & { model: string }) => LanguageModel,
): Provider['model'] {
  const made = new Map<string, LanguageModel>();
  return (name = vendor.model) => {
    if (name === undefined) return undefined;
    const known = made.get(name);
    if (known) return known;
    const model = make({ ...vendor, model: name });
    made.set(name, model);
    return model;
  };
}
