import type { CallSoFar, Utterance } from '../../../activities/ports.ts';
import type { StreamBrief } from '../../../workflows/contract.ts';
import type { TalkNews } from '../turns/index.ts';

/** More lines than any prompt holds; the workflow's record has all of them. */
const MAX_LINES = 400;

/** What was said so far, as the model is told it: what the brief tells, and what came since. */
export class Story {
  readonly #call: CallSoFar;
  readonly #lines: Utterance[];

  constructor({ call }: StreamBrief) {
    this.#call = call;
    this.#lines = [...call.utterances];
  }

  /** Everything that was told to the workflow. */
  soFar(): CallSoFar {
    return { ...this.#call, utterances: [...this.#lines] };
  }

  add(news: TalkNews): void {
    const line = lineOf(news);
    if (line) this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }
}

function lineOf(news: TalkNews): Utterance | undefined {
  if (news.what === 'heard') {
    return news.heard.kind === 'silence' ? undefined : { who: 'caller', heard: news.heard };
  }
  const { text, isInterrupted } = news.reply;
  if (text === '') return undefined;
  return { who: 'assistant', text, ...(isInterrupted && { isInterrupted }) };
}
