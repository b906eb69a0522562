import { converse } from '../../../src/orchestrator/providers/demo/demo-model.ts';
import type { CallFacts, PromptMessage } from '../../../src/orchestrator/llm.ts';
import { demoAssistant } from '../../../src/orchestrator/index.ts';

export const FACTS: CallFacts = {
  // A Tuesday.
  startedAt: '2026-11-24T11:00:00.000Z',
  timeZone: 'UTC',
  language: 'en-US',
  apology: demoAssistant.apology,
};

export interface Spoken {
  caller: string;
  reply: string;
  end: boolean;
}

/** Plays a caller's lines; every answer is made from the whole conversation anew, as in a call. */
export function talk(lines: readonly string[], facts: CallFacts = FACTS): Spoken[] {
  const messages: PromptMessage[] = [{ role: 'assistant', content: demoAssistant.firstMessage }];
  return lines.map((caller) => {
    messages.push({ role: 'user', content: caller });
    const { text, end } = converse({ messages, call: facts });
    messages.push({ role: 'assistant', content: text });
    return { caller, reply: text, end };
  });
}
