/** What must be true of a talk in every order of events. */
import { isDeepStrictEqual } from 'node:util';
import { nextDeadline } from '../../../src/media/turns/index.ts';
import type { Talk, TalkAction, TalkEvent } from '../../../src/media/turns/index.ts';
import { plainWords } from '../../../workflows/rules/phrases.ts';
import { wordsOf } from '../../../src/media/turns/words.ts';

/** The newest state is larger than this only if something piles up. */
const MOST_BYTES = 8_000;

/** Follows a talk from outside and complains about whatever must not happen. */
export class Watcher {
  readonly #said = new Set<string>();
  readonly #heard: string[] = [];
  /** Final words that were not told yet, and all that were. */
  readonly #untold = new Set<string>();
  readonly #told = new Set<string>();
  readonly #open = new Set<number>();
  readonly #closed = new Set<number>();
  #newestUtterance = 0;
  #clearedUpTo = 0;
  #isOver = false;

  see(event: TalkEvent, before: Talk, { state, actions }: { state: Talk; actions: TalkAction[] }) {
    const wasTalking = before.status === 'talking';
    if (wasTalking) this.#takeDown(event);
    const newest = this.#newestUtterance;
    for (const action of actions) this.#check(action);
    const due = nextDeadline(state);
    this.#demand({
      'nothing happens after the end': !this.#isOver || actions.length === 0,
      'a deadline is in the future': due === undefined || due > event.at,
      'nobody is talked over': !(
        state.status === 'talking' &&
        state.caller.voice === 'on' &&
        before.status === 'talking' &&
        before.caller.voice === 'on' &&
        this.#newestUtterance > newest
      ),
      'one question at a time': this.#open.size <= 1,
      'the state survives JSON': isDeepStrictEqual(JSON.parse(JSON.stringify(state)), state),
      'the state is small': JSON.stringify(state).length < MOST_BYTES,
      'nobody is forgotten': state.status !== 'talking' || due !== undefined,
    });
    this.#isOver = state.status === 'ended';
    this.#checkWords(state);
  }

  #takeDown(event: TalkEvent): void {
    if (event.type === 'final') plain(event.text).forEach((word) => this.#untold.add(word));
    if (event.type === 'reply-done' || event.type === 'reply-failed') {
      this.#open.delete(event.reply);
    }
  }

  #check(action: TalkAction): void {
    switch (action.do) {
      case 'ask-model':
        this.#demand({ 'questions are numbered': !this.#open.has(action.reply) });
        this.#open.add(action.reply);
        return;
      case 'drop-model':
        this.#open.delete(action.reply);
        return;
      case 'clear':
        this.#clearedUpTo = this.#newestUtterance;
        return;
      case 'say':
        this.#demand({
          'nothing old is said after a clear': action.utterance > this.#clearedUpTo,
          'utterances follow each other': action.utterance >= this.#newestUtterance,
          'an utterance that is complete stays so': !this.#closed.has(action.utterance),
          'there is something to say': action.text !== '' || action.isLast,
        });
        this.#newestUtterance = action.utterance;
        if (action.isLast) this.#closed.add(action.utterance);
        return;
      case 'tell':
        return this.#checkNews(action.news);
    }
  }

  #checkNews(news: Extract<TalkAction, { do: 'tell' }>['news']): void {
    if (news.what === 'said') {
      this.#demand({
        'a turn is answered once': !this.#said.has(news.key),
        'the newest turn is answered': news.key === '0' || news.key === this.#heard.at(-1),
        'last words are heard to their end': !news.reply.end || !news.reply.isInterrupted,
      });
      this.#said.add(news.key);
      return;
    }
    const { key, heard } = news;
    const last = this.#heard.at(-1);
    this.#demand({
      'turns follow each other': last === undefined || Number(key) === Number(last) + 1,
      'a turn holds something':
        heard.kind === 'silence' ||
        (heard.kind === 'keys' ? heard.digits !== '' : heard.text !== ''),
    });
    this.#heard.push(key);
    if (heard.kind === 'speech') plain(heard.text).forEach((word) => this.#take(word));
  }

  /** Words that are invented by the tests are numbered, so each can be followed. */
  #take(word: string): void {
    if (!/^w\d/.test(word)) return;
    this.#demand({ 'no word is told twice': !this.#told.has(word) });
    this.#told.add(word);
    this.#untold.delete(word);
  }

  #checkWords(state: Talk): void {
    const kept = state.status === 'talking' ? state.caller.words.flatMap(plain) : [];
    const lost = [...this.#untold].filter((word) => /^w\d/.test(word) && !kept.includes(word));
    this.#demand({ 'no word is lost': lost.every((word) => this.#told.has(word)) });
    for (const word of this.#untold) if (!kept.includes(word)) this.#untold.delete(word);
  }

  #demand(rules: Record<string, boolean>): void {
    for (const [rule, holds] of Object.entries(rules)) {
      if (!holds) throw new Error(`Broken: ${rule}`);
    }
  }
}

function plain(text: string): string[] {
  return wordsOf(plainWords(text));
}
