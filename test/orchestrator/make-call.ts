import type { CallSoFar, Utterance } from '../../activities/ports.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';

/** A call with the demo's assistant; each line `> …` is the caller's, all others are ours. */
export function makeCall(...lines: string[]): CallSoFar {
  return {
    callId: 'call_test',
    assistant: { ...demoAssistant, id: 'asst_test', version: 1 },
    utterances: lines.map((line): Utterance =>
      line.startsWith('> ')
        ? { who: 'caller', heard: { kind: 'speech', text: line.slice(2) } }
        : { who: 'assistant', text: line },
    ),
    startedAt: '2026-11-24T11:00:00.000Z',
  };
}
