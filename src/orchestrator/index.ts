/** The mind of a call: what is exported here is all that other parts may use. */
import { VocaOrchestrator, type OrchestratorOptions } from './orchestrator.ts';
import { DemoModel } from './providers/demo/demo-model.ts';
import { OpenAiModel, type OpenAiOptions } from './providers/openai.ts';

export { ModelError, type LanguageModel } from './llm.ts';
export { VocaOrchestrator, type Deadlines, type OrchestratorOptions } from './orchestrator.ts';
export { demoAssistant } from './providers/demo/assistant.ts';

export type OrchestratorConfig = OrchestratorOptions &
  ({ llm: 'demo' } | { llm: 'openai'; openai: OpenAiOptions });

/** Builds the orchestrator for the language model that the configuration names. Connects nowhere yet. */
export function createOrchestrator(config: OrchestratorConfig): VocaOrchestrator {
  const model = config.llm === 'demo' ? new DemoModel() : new OpenAiModel(config.openai);
  return new VocaOrchestrator(model, config);
}
