/** The language models of a process, as the configuration has them. */
import type { Config } from './config.ts';
import { countTry, watchBreakers } from './metrics/model-metrics.ts';
import { createOrchestrator } from './orchestrator/index.ts';
import type { VocaOrchestrator } from './orchestrator/index.ts';
import { traceTry } from './tracing/model-spans.ts';

/** To be opened once in a process. Connects nowhere yet. */
export function openOrchestrator(config: Pick<Config, 'models'>): VocaOrchestrator {
  const orchestrator = createOrchestrator({
    ...orchestratorConfig(config),
    onTry: (question) => {
      countTry(question);
      traceTry(question);
    },
  });
  watchBreakers(() => orchestrator.breakers());
  return orchestrator;
}

/** A vendor with a key can be asked by an assistant that names it, also outside of the usual chain. */
function orchestratorConfig({
  models,
}: Pick<Config, 'models'>): Parameters<typeof createOrchestrator>[0] {
  const { llm, openai, anthropic } = models;
  return {
    llm,
    ...(openai.apiKey !== undefined && { openai: vendorOf(openai.apiKey, openai) }),
    ...(anthropic.apiKey !== undefined && { anthropic: vendorOf(anthropic.apiKey, anthropic) }),
  };
}

function vendorOf(apiKey: string, { baseUrl, model }: Config['models']['anthropic']) {
  return {
    apiKey,
    ...(baseUrl !== undefined && { baseURL: baseUrl }),
    ...(model !== undefined && { model }),
  };
}
