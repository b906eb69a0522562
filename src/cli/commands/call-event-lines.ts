/** What an event of a call tells a person. Pure. */
import { oneLine } from '../format.ts';
import type { TurnForm } from './call-forms.ts';
import { callerLine, noteLine, replyLine } from './call-text.ts';
import type { CallEventForm } from './event-forms.ts';

const AS_EXPECTED = 'answered';
const CAUSES: Record<string, string> = {
  fallback_model: 'a fallback model answers',
  apology: 'no model answered in time',
};

export class CallEventLines {
  /** A later event of a turn replaces the one before: only what is new is told. */
  readonly #told = new Set<string>();

  of(event: CallEventForm): string[] {
    switch (event.type) {
      case 'call.turn.completed':
        return this.#turn(event.data.turn);
      case 'call.degraded':
        return [noteLine(CAUSES[event.data.cause] ?? event.data.cause)];
      case 'call.summarized': {
        const { summary } = event.data;
        return summary === null ? [] : [`Summary: ${oneLine(summary)}`];
      }
      default: {
        const { status, end_reason: reason } = event.data.call;
        return [`-- ${oneLine(status)}${reason === null ? '' : ` (${oneLine(reason)})`}`];
      }
    }
  }

  #turn({ key, heard, reply, status, interrupted }: TurnForm): string[] {
    return [
      ...this.#once(`${key} heard`, callerLine(heard)),
      ...(reply === null ? [] : this.#once(`${key} reply ${reply}`, replyLine(reply, interrupted))),
      ...(status === AS_EXPECTED ? [] : this.#once(`${key} ${status}`, noteLine(status))),
    ];
  }

  #once(name: string, line: string): string[] {
    if (this.#told.has(name)) return [];
    this.#told.add(name);
    return [line];
  }
}
