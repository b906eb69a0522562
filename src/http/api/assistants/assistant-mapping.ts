/** An assistant between the API's form and the one that calls run with. */
import type { Assistant } from '../../../../workflows/assistant.ts';
import type { AssistantContent } from './assistant-schema.ts';
import { fromStreamPlan, toStreamPlan } from './stream-mapping.ts';

/** What of an assistant its owner decides. */
export type AssistantDraft = Omit<Assistant, 'id' | 'version' | 'workspaceId' | 'memory'>;

export function toAssistant(content: AssistantContent): AssistantDraft {
  const { voice, listening, silence, limits, ending, failure } = content;
  const stream = toStreamPlan(content.stream);
  return {
    name: content.name,
    firstMessage: content.first_message ?? '',
    instructions: content.instructions,
    variables: content.variables,
    metadata: content.metadata,
    ...(content.models && {
      models: content.models.map(({ provider, model }) => ({
        provider,
        ...(model !== null && { model }),
      })),
    }),
    ...(content.mode === 'stream' && { mode: content.mode }),
    ...(stream && { stream }),
    voice: { language: voice.language, ...(voice.name !== null && { name: voice.name }) },
    listen: {
      keys: listening.keys,
      timeoutSeconds: listening.timeout_seconds,
      speechTimeout: listening.speech_timeout_seconds,
      hints: listening.hints,
    },
    silence: {
      prompt: silence.prompt,
      prompts: silence.max_prompts,
      farewell: silence.farewell,
    },
    limits: {
      callSeconds: limits.max_call_seconds,
      turns: limits.max_turns,
      farewell: limits.farewell,
    },
    ending: { phrases: ending.phrases, message: ending.message },
    apology: failure.apology,
    failure: {
      farewell: failure.farewell,
      ...(failure.end_after !== null && { endAfter: failure.end_after }),
    },
  };
}

export function fromAssistant(assistant: AssistantDraft): AssistantContent {
  const { voice, listen, silence, limits, ending, failure } = assistant;
  return {
    name: assistant.name,
    first_message: assistant.firstMessage === '' ? null : assistant.firstMessage,
    instructions: assistant.instructions,
    variables: assistant.variables ?? {},
    metadata: assistant.metadata ?? {},
    models:
      assistant.models?.map(({ provider, model }) => ({ provider, model: model ?? null })) ?? null,
    mode: assistant.mode ?? 'gather',
    stream: fromStreamPlan(assistant.stream),
    voice: { language: voice.language, name: voice.name ?? null },
    listening: {
      keys: listen.keys,
      timeout_seconds: listen.timeoutSeconds,
      speech_timeout_seconds: listen.speechTimeout,
      hints: listen.hints,
    },
    silence: {
      prompt: silence.prompt,
      max_prompts: silence.prompts,
      farewell: silence.farewell,
    },
    limits: {
      max_call_seconds: limits.callSeconds,
      max_turns: limits.turns,
      farewell: limits.farewell,
    },
    ending: { phrases: ending.phrases, message: ending.message },
    failure: {
      apology: assistant.apology,
      end_after: failure?.endAfter ?? null,
      farewell: failure?.farewell ?? '',
    },
  };
}
