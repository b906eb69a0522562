import type { CallSoFar, Utterance } from '../../../activities/ports.ts';
import type { TurnKey } from '../../../workflows/contract.ts';
import type { ShortStory, StreamBrief } from '../../../workflows/stream-contract.ts';
import { compareKeys } from '../../../workflows/rules/keys.ts';
import type { TalkNews } from '../turns/index.ts';

/** More lines than any prompt holds; the workflow's record has all of them. */
const MAX_LINES = 400;
/** The workflow sums up when it has somewhat less than this. */
const LONG_LINES = 100;
const LONG_CHARS = 18_000;
/** A summary takes a while, and may fail: so many lines later it is asked for again. */
const AGAIN_LINES = 10;

interface Line {
  utterance: Utterance;
  /** Of the turn; what the brief tells has none. */
  key?: TurnKey;
}

/** What was said so far, as the model is told it: what the brief tells, and what came since. */
export class Story {
  #call: CallSoFar;
  #lines: Line[];
  readonly #firstKey: TurnKey;
  readonly #recall: () => Promise<ShortStory | undefined>;
  #newLines = 0;

  /** @param recall asks the workflow for its summary; never rejects */
  constructor(
    { call, nextKey }: StreamBrief,
    recall: () => Promise<ShortStory | undefined> = async () => undefined,
  ) {
    this.#call = call;
    this.#lines = call.utterances.map((utterance) => ({ utterance }));
    this.#firstKey = nextKey;
    this.#recall = recall;
  }

  /** Everything that was told to the workflow: what is long ago in short, where there is a summary. */
  soFar(): CallSoFar {
    return { ...this.#call, utterances: this.#lines.map(({ utterance }) => utterance) };
  }

  add(news: TalkNews): void {
    const utterance = utteranceOf(news);
    if (!utterance) return;
    this.#lines.push({ utterance, key: news.key });
    this.#newLines += 1;
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    if (this.#newLines >= AGAIN_LINES && this.#isLong()) void this.#shorten();
  }

  #isLong(): boolean {
    if (this.#lines.length > LONG_LINES) return true;
    const chars = this.#lines.reduce((sum, { utterance }) => sum + lengthOf(utterance), 0);
    return chars > LONG_CHARS;
  }

  async #shorten(): Promise<void> {
    this.#newLines = 0;
    const story = await this.#recall();
    if (!story) return;
    const { text, upTo } = story;
    // All that the brief tells was said before the first turn of this stream.
    const isTold = ({ key = this.#firstKey }: Line) => compareKeys(key, upTo) <= 0;
    this.#call = { ...this.#call, summary: text };
    this.#lines = this.#lines.filter((line) => !isTold(line));
  }
}

function utteranceOf(news: TalkNews): Utterance | undefined {
  if (news.what === 'heard') {
    return news.heard.kind === 'silence' ? undefined : { who: 'caller', heard: news.heard };
  }
  const { text, isInterrupted } = news.reply;
  if (text === '') return undefined;
  return { who: 'assistant', text, ...(isInterrupted && { isInterrupted }) };
}

function lengthOf(line: Utterance): number {
  if (line.who === 'assistant') return line.text.length;
  return line.heard.kind === 'speech' ? line.heard.text.length : 0;
}
