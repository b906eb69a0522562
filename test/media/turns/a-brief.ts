import type { Assistant } from '../../../workflows/assistant.ts';
import type { StreamBrief } from '../../../workflows/stream-contract.ts';

export interface BriefChanges extends Partial<Omit<StreamBrief, 'call'>> {
  assistant?: Partial<Assistant>;
}

/** A call that is to be greeted, of an assistant that asks after five seconds of silence. */
export function aBrief({ assistant, ...changes }: BriefChanges = {}): StreamBrief {
  return {
    call: {
      callId: 'call_1',
      assistant: anAssistant(assistant),
      utterances: [],
      startedAt: '2026-01-05T10:00:00.000Z',
    },
    say: '',
    isGreeting: true,
    nextKey: '1',
    turnsLeft: 50,
    silences: 0,
    ...changes,
  };
}

function anAssistant(changes: Partial<Assistant> = {}): Assistant {
  return {
    id: 'asst_1',
    version: 1,
    name: 'Test',
    firstMessage: 'Hello.',
    instructions: '',
    voice: { language: 'en-US' },
    mode: 'stream',
    listen: { keys: true, timeoutSeconds: 5, speechTimeout: 'auto', hints: [] },
    silence: { prompt: 'Still there?', prompts: 2, farewell: 'Goodbye then.' },
    limits: { callSeconds: 600, turns: 50, farewell: 'We must end here.' },
    ending: { phrases: ['goodbye', 'that is all'], message: 'Have a nice day.' },
    apology: 'Sorry, say that again?',
    ...changes,
  };
}
