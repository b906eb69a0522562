/** A language model that plays a script, and an orchestrator of one or several of them. */
import type { ModelChoice } from '../../workflows/assistant.ts';
import type { Provider } from '../../src/orchestrator/links.ts';
import type {
  CompleteOptions,
  Completion,
  LanguageModel,
  Prompt,
} from '../../src/orchestrator/llm.ts';
import { VocaOrchestrator, type OrchestratorOptions } from '../../src/orchestrator/orchestrator.ts';
import { ProviderHealth } from '../../src/vendors/provider-health.ts';

/** Never answers and does not listen to its signal. */
export const STALL = Symbol('stall');
export type Scripted =
  | string
  | Completion
  | Error
  | typeof STALL
  | ((options: CompleteOptions) => Promise<string | Completion>);

/** Plays one entry per request; the last one stands when the script is over. */
export class ScriptedModel implements LanguageModel {
  readonly name: string;
  readonly prompts: Prompt[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #script: Scripted[];

  constructor(...script: Scripted[]) {
    this.name = 'scripted';
    this.#script = script;
  }

  ready(signal: AbortSignal): Promise<void> {
    return this.#play({ signal }).then(() => undefined);
  }

  async complete(prompt: Prompt, options: CompleteOptions): Promise<Completion> {
    this.prompts.push(prompt);
    this.signals.push(options.signal);
    const entry = await this.#play(options);
    return typeof entry === 'string' ? { text: entry, end: false, model: 'm' } : entry;
  }

  async #play(options: CompleteOptions): Promise<string | Completion> {
    const entry = this.#script.length > 1 ? this.#script.shift() : this.#script[0];
    if (entry === undefined) return 'over';
    if (entry instanceof Error) throw entry;
    if (entry === STALL) return await new Promise<never>(() => {});
    return typeof entry === 'function' ? await entry(options) : entry;
  }
}

/** Each model has a provider of its own: `a`, `b`, ... in this order. */
export function orchestratorOf(
  models: readonly LanguageModel[],
  options: OrchestratorOptions = {},
): VocaOrchestrator {
  const providers = models.map((model, at): Provider => ({
    name: providerName(at),
    health: new ProviderHealth(options.clock),
    model: () => model,
  }));
  return new VocaOrchestrator(providers, chainOf(models.length), options);
}

export function chainOf(count: number): ModelChoice[] {
  return Array.from({ length: count }, (_each, at) => ({ provider: providerName(at) }));
}

function providerName(at: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + at);
}
