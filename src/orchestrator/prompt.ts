import type { CallSoFar } from '../../activities/ports.ts';
import type { Heard } from '../../workflows/contract.ts';
import { heardLine } from './heard-line.ts';
import type { Prompt, PromptMessage } from './llm.ts';

/**
 * Makes the prompt of one turn: the assistant's instructions in a fixed frame, and the whole
 * conversation with what was just heard as its last line.
 */
export function buildPrompt(call: CallSoFar, heard: Heard, timeZone: string): Prompt {
  const { assistant, startedAt } = call;
  const facts = { startedAt, timeZone, language: assistant.voice.language };
  return {
    system: [frame(facts), assistant.instructions.trim()]
      .filter((part) => part !== '')
      .join('\n\n'),
    messages: conversation(call, heard),
    call: { ...facts, apology: assistant.apology },
  };
}

function conversation(call: CallSoFar, heard: Heard): PromptMessage[] {
  const lines = call.utterances.map((line): PromptMessage =>
    line.who === 'caller'
      ? { role: 'user', content: heardLine(line.heard) }
      : { role: 'assistant', content: line.text },
  );
  return [...lines, { role: 'user' as const, content: heardLine(heard) }].filter(
    // Speech may be recognised as nothing; a line without words only confuses. The last one stays.
    ({ content }, at) => at === lines.length || content.trim() !== '',
  );
}

function frame(facts: { startedAt: string; timeZone: string; language: string }): string {
  const lines = [
    'You are on the telephone with a caller. What you write is read aloud, word for word.',
    'Write as one speaks: one to three short sentences, no markup, no lists, no headings, no emoji, no web addresses. Write times, dates and amounts so that they sound natural when read aloud.',
    'The words of the caller come from speech recognition and may be misheard. When something makes no sense, ask again; confirm names, dates and numbers before you rely on them.',
    'A line such as [the caller pressed 1 2] means keys of the telephone; [the caller said nothing] means silence. Never write such lines yourself.',
    'When the conversation is over, say goodbye and end the call with the tool end_call, if you have it. Never end it before the caller has what they called for or wants to stop.',
    `Speak the language of the caller; begin in ${facts.language}.`,
    beganAt(facts),
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function beganAt({ startedAt, timeZone }: { startedAt: string; timeZone: string }): string {
  const instant = new Date(startedAt);
  if (Number.isNaN(instant.getTime())) return '';
  const spoken = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'full',
    timeStyle: 'short',
    timeZone,
  }).format(instant);
  return `The call began on ${spoken} (${timeZone}).`;
}
