/** The chain of models: whom to ask, in which order. */
import type { ModelChoice } from '../../workflows/assistant.ts';
import type { ProviderHealth } from '../vendors/provider-health.ts';
import type { LanguageModel } from './llm.ts';

/** Whom to ask for models: one account at one vendor. */
export interface Provider {
  /** As `VOCA_LLM` names it. */
  name: string;
  health: ProviderHealth;
  /** Undefined when no name is given here and none is configured. */
  model(name?: string): LanguageModel | undefined;
}

/** One place in the chain. */
export interface Link {
  /** For records, also when nobody of that name can be asked. */
  name: string;
  provider?: Provider;
  model?: LanguageModel;
}

export type UsableLink = Link & Required<Link>;

/** A choice of a provider that is not configured stays in the chain, for the record. */
export function linksOf(choices: readonly ModelChoice[], providers: readonly Provider[]): Link[] {
  return choices.map(({ provider: named, model: name }) => {
    const provider = providers.find((each) => each.name === named);
    const model = provider?.model(name);
    if (!provider || !model) return { name: name === undefined ? named : `${named}/${name}` };
    return { name: model.name, provider, model };
  });
}

export function isUsable(link: Link): link is UsableLink {
  return link.provider !== undefined && link.model !== undefined;
}
