import {
  ModelError,
  type CallFacts,
  type CompleteOptions,
  type Completion,
  type LanguageModel,
  type Prompt,
  type PromptMessage,
} from '../../llm.ts';
import { BROKEN_OFF } from '../../prompt.ts';
import { localMoment } from './calendar.ts';
import { step } from './dialogue.ts';
import { notesOf, stateOf } from './notes.ts';
import { begin, type Outcome, type State } from './state.ts';

const NAME = 'demo/receptionist';

const WARM_UP: Pick<Prompt, 'messages' | 'call'> = {
  messages: [{ role: 'user', content: 'a table for two on friday at half past seven' }],
  call: { startedAt: '2026-01-01T00:00:00Z', timeZone: 'UTC', language: 'en-US', apology: '' },
};

/**
 * The offline brain: a receptionist who notes a table or an appointment, in English only. It needs
 * no key and no network, and keeps nothing: its state is made anew from the whole conversation every
 * time, so that any process can go on with any call.
 */
export class DemoModel implements LanguageModel {
  readonly name = NAME;

  /** Talks to itself once: the first sentence takes 70 ms, all others less than one. */
  async ready(): Promise<void> {
    converse(WARM_UP);
  }

  async complete(prompt: Prompt, options?: CompleteOptions): Promise<Completion> {
    if (options?.signal.aborted) throw new ModelError('timeout', 'nobody waits for the answer');
    if (prompt.toSummarize) {
      const { state } = follow(prompt.toSummarize, prompt.call);
      const { memory } = prompt.call;
      const isNothingNew = Object.keys(state.slots).length === 0;
      const text = isNothingNew && memory ? memory : notesOf(state);
      return { text, end: false, model: NAME };
    }
    const { text, end } = converse(prompt);
    options?.onText?.(text);
    return { text, end, model: NAME };
  }
}

/** Answers the last line of a conversation. Pure: the same conversation gets the same answer. */
export function converse({ messages, call }: Pick<Prompt, 'messages' | 'call'>): Outcome {
  return follow(messages, call).outcome;
}

/** Goes through a conversation, from its beginning or from the notes of what was said before. */
function follow(
  messages: readonly PromptMessage[],
  call: CallFacts,
): { state: State; outcome: Outcome } {
  const now = localMoment(call.startedAt, call.timeZone);
  const firstCaller = messages.findIndex(({ role }) => role === 'user');
  const before = messages.slice(0, firstCaller === -1 ? undefined : firstCaller);
  const heardFirst = before.map(({ content }) => content).join(' ');
  let state = call.summary === undefined ? begin(heardFirst) : stateOf(call.summary);
  let outcome: Outcome = step(state, '', now);
  for (const [at, { role, content }] of messages.entries()) {
    if (role !== 'user') continue;
    outcome = step(state, content, now);
    const next = messages[at + 1];
    const heard = next?.role === 'assistant' && !isApology(next.content, call.apology);
    state = heard ? outcome.state : unheard(state, outcome.state);
  }
  return { state, outcome };
}

/** Also one that the caller talked over. */
function isApology(content: string, apology: string): boolean {
  if (!content.endsWith(BROKEN_OFF)) return content === apology;
  return apology.startsWith(content.slice(0, -BROKEN_OFF.length));
}

/**
 * The caller spoke again before the answer, or heard an apology in its place: their words count, but
 * our question was never asked, and they still answer the one before.
 */
function unheard(before: State, after: State): State {
  const { suggested: _suggested, number: _number, ...kept } = after;
  return {
    ...kept,
    asked: before.asked,
    done: before.done,
    counts: before.counts,
    last: before.last,
    ...(before.suggested && { suggested: before.suggested }),
    ...(before.number !== undefined && { number: before.number }),
  };
}
