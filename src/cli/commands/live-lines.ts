/** What is new in a call since it was looked at last. Pure. */
import type { LiveForm, TurnForm } from './call-forms.ts';
import { assistantLine, callerLine, noteLine } from './call-text.ts';

export type LiveEvent =
  | { type: 'status'; status: string; end_reason?: string | null }
  | { type: 'earlier'; turns: number }
  | { type: 'greeting'; text: string }
  | { type: 'heard'; turn: string; heard: TurnForm['heard']; at: string }
  | { type: 'reply'; turn: string; text: string; at: string | null }
  | { type: 'turn'; turn: string; status: string };

/** States of a conversation under way: they come and go too fast to be told. */
const TALKING = ['listening', 'thinking', 'speaking'];
const UNDER_WAY = 'in-progress';
/** A turn of these has nothing more to tell than its words. */
const AS_EXPECTED = ['thinking', 'answered'];

export class LiveView {
  readonly #told = new Set<string>();
  #status = '';
  #isFirst = true;

  /** @returns what was not told yet, in the order in which it happened. */
  news({ status, end_reason: reason, transcript }: LiveForm): LiveEvent[] {
    const now = TALKING.includes(status) ? UNDER_WAY : status;
    const news: LiveEvent[] = [];
    if (now !== this.#status && now !== 'ended') news.push({ type: 'status', status: now });
    if (this.#isFirst && transcript.earlier_turns > 0) {
      news.push({ type: 'earlier', turns: transcript.earlier_turns });
    }
    const { greeting } = transcript;
    if (greeting !== null) this.#once(news, 'greeting', { type: 'greeting', text: greeting });
    for (const turn of transcript.turns) this.#turn(news, turn);
    if (now !== this.#status && now === 'ended') {
      news.push({ type: 'status', status: now, end_reason: reason });
    }
    this.#status = now;
    this.#isFirst = false;
    return news;
  }

  #turn(news: LiveEvent[], { key, status, heard, reply, ...times }: TurnForm): void {
    const { heard_at: heardAt, replied_at: repliedAt } = times;
    this.#once(news, `${key} heard`, { type: 'heard', turn: key, heard, at: heardAt });
    if (reply !== null) {
      this.#once(news, `${key} reply`, { type: 'reply', turn: key, text: reply, at: repliedAt });
    }
    if (AS_EXPECTED.includes(status)) return;
    this.#once(news, `${key} ${status}`, { type: 'turn', turn: key, status });
  }

  #once(news: LiveEvent[], name: string, event: LiveEvent): void {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    news.push(event);
  }
}

export function liveText(event: LiveEvent): string {
  switch (event.type) {
    case 'status':
      return `-- ${event.status}${event.end_reason ? ` (${event.end_reason})` : ''}`;
    case 'earlier':
      return `  … ${event.turns} earlier turns are in the record …`;
    case 'greeting':
    case 'reply':
      return assistantLine(event.text);
    case 'heard':
      return callerLine(event.heard);
    case 'turn':
      return noteLine(event.status);
  }
}
