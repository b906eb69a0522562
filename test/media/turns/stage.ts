/**
 * A stage for turn-taking: a caller, a recogniser, a model, a voice and a line, all of them scripted, in
 * a time of their own. A talk is played from a script of who speaks when, and what came of it is text:
 *
 *     0 caller "I want a table." 1200     he says it from 0 to 1200
 *     4000 noise 300                      a voice without words
 *     5000 key 5                          a key of the telephone
 *     9000 hangs up
 */
import { newTalk, nextDeadline, reduce } from '../../../src/media/turns/index.ts';
import type { Talk, TalkAction, TalkEvent } from '../../../src/media/turns/index.ts';
import type { StreamPlan } from '../../../workflows/assistant.ts';
import type { Heard } from '../../../workflows/contract.ts';
import { aBrief, type BriefChanges } from './a-brief.ts';
import { Loudspeaker } from './loudspeaker.ts';

export interface Answering {
  /** To its first clause. */
  after?: number;
  /** Between clauses. */
  every?: number;
  clauses?: string[];
  end?: boolean;
  /** No model answers: told after the clauses. */
  fails?: boolean;
}

export interface Stage {
  brief?: BriefChanges;
  /** What the model answers, by what was heard; anything else is answered "Fine." */
  model?: Record<string, Answering>;
  /** From a flush to its words; `never`: none come. */
  recogniserMs?: number | 'never';
  hasInterim?: boolean;
  /** From words to their speech. */
  voiceMs?: number;
  /** Words arrive though no voice was noticed. */
  isVoiceMissed?: boolean;
}

/** Voice activity notices a voice so much later than it begins and ends. */
const ONSET_MS = 60;
const HANGOVER_MS = 200;

type Happening = TalkEvent extends infer Event
  ? Event extends TalkEvent
    ? Omit<Event, 'at'>
    : never
  : never;

export class Performance {
  readonly log: string[] = [];
  readonly actions: TalkAction[] = [];
  state: Talk = newTalk();
  now = 0;
  readonly #stage: Stage;
  #queue: { at: number; order: number; run: () => void }[] = [];
  #order = 0;
  readonly #speaker: Loudspeaker;
  readonly #dropped = new Set<number>();
  /** Spoken and not told by the recogniser yet, with the time at which it was said. */
  #spoken: { word: string; at: number }[] = [];

  constructor(stage: Stage = {}) {
    this.#stage = stage;
    this.#speaker = new Loudspeaker({
      voiceMs: stage.voiceMs ?? 100,
      now: () => this.now,
      at: (at, run) => this.at(at, run),
      tell: (event) => this.happen(event),
      hears: (text) => this.note(`caller hears "${text}"`),
    });
    this.happen({
      type: 'opened',
      brief: aBrief(stage.brief),
      hasInterim: stage.hasInterim ?? true,
    });
  }

  /** Plays a script (see above) and everything that follows from it until `until`. */
  play(script: string, until: number): this {
    for (const line of script.split('\n')) this.#direct(line.trim());
    return this.wait(until);
  }

  wait(until: number): this {
    for (;;) {
      this.#queue.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#queue[0]?.at ?? Infinity;
      const due = nextDeadline(this.state) ?? Infinity;
      if (Math.min(next, due) > until) break;
      this.now = Math.min(next, due);
      if (next <= due) this.#queue.shift()?.run();
      else this.happen({ type: 'time' });
    }
    this.now = until;
    return this;
  }

  at(at: number, run: () => void): void {
    this.#order += 1;
    this.#queue.push({ at, order: this.#order, run });
  }

  happen(event: Happening): void {
    const { state, actions } = reduce(this.state, { ...event, at: this.now } as TalkEvent);
    this.state = state;
    if ((nextDeadline(state) ?? Infinity) <= this.now) throw new Error('a deadline in the past');
    this.actions.push(...actions);
    for (const action of actions) this.#do(action);
  }

  note(what: string): void {
    this.log.push(`${this.now} ${what}`);
  }

  #direct(line: string): void {
    const match = /^(\d+) (?:caller "(.*)" (\d+)|noise (\d+)|key (\S)|(hangs up|loses line))$/.exec(
      line,
    );
    if (line === '') return;
    if (!match) throw new Error(`not a line of a script: ${line}`);
    const [, start, text, lasts, noise, key, end] = match;
    const at = Number(start);
    if (key !== undefined) this.at(at, () => this.happen({ type: 'key', digit: key }));
    else if (end !== undefined) this.at(at, () => this.#endLine(end === 'loses line'));
    else this.#speak(at, text ?? '', Number(lasts ?? noise));
  }

  #speak(at: number, text: string, lasts: number): void {
    const words = text.split(' ').filter((word) => word !== '');
    words.forEach((word, i) => {
      const saidAt = at + Math.round(((i + 1) * lasts) / words.length);
      this.at(saidAt, () => this.#spoken.push({ word, at: saidAt }));
      if (this.#stage.hasInterim !== false) this.at(saidAt + 100, () => this.#tellPartial());
    });
    if (this.#stage.isVoiceMissed) {
      this.at(at + lasts + 400, () => this.#tellFinal(this.now));
      return;
    }
    const end = at + lasts;
    if (lasts > ONSET_MS) {
      this.at(at + ONSET_MS, () => this.happen({ type: 'voice', voice: 'began', since: at }));
      this.at(end + HANGOVER_MS, () => this.happen({ type: 'voice', voice: 'ended', since: end }));
    }
  }

  #tellPartial(): void {
    const text = this.#spoken.map(({ word }) => word).join(' ');
    if (text !== '') this.happen({ type: 'partial', text });
  }

  #tellFinal(until: number): void {
    const text = this.#spoken.filter(({ at }) => at <= until).map(({ word }) => word);
    this.#spoken = this.#spoken.filter(({ at }) => at > until);
    if (text.length > 0) this.happen({ type: 'final', text: text.join(' '), confidence: 0.9 });
  }

  #endLine(isLost: boolean): void {
    this.#speaker.clear();
    this.happen({ type: 'line-ended', isLost });
    this.note(`line ended, ${this.state.status}`);
  }

  #do(action: TalkAction): void {
    switch (action.do) {
      case 'flush':
        return this.#flush();
      case 'ask-model':
        this.note(`asks ${action.reply} ${heardText(action.heard)}, ${action.certainty}`);
        return this.#answer(action.reply, action.heard);
      case 'drop-model':
        this.#dropped.add(action.reply);
        return this.note(`drops ${action.reply}`);
      case 'say':
        return this.#speaker.say(action.utterance, action.text, action.isLast);
      case 'clear':
        this.note('clears');
        return this.#speaker.clear();
      case 'tell':
        return this.note(toldText(action.news));
      case 'end':
        return this.note(`ends: ${action.reason}`);
      case 'give-up':
        return this.note(`gives up: ${action.why}`);
    }
  }

  #flush(): void {
    const asked = this.now;
    const { recogniserMs = 100 } = this.#stage;
    if (recogniserMs === 'never') return;
    this.at(asked + recogniserMs, () => {
      this.#tellFinal(asked);
      this.happen({ type: 'flushed' });
    });
  }

  #answer(reply: number, heard: Heard): void {
    const said = heard.kind === 'speech' ? heard.text : '';
    const plan = this.#stage.model?.[said] ?? {};
    const { after = 300, every = 200, clauses = ['Fine.'], end = false, fails = false } = plan;
    const tell = (at: number, event: Happening) =>
      this.at(at, () => !this.#dropped.has(reply) && this.happen(event));
    clauses.forEach((text, i) => {
      const at = this.now + after + i * every;
      if (i === 0) tell(at, { type: 'first-token', reply, model: 'scripted' });
      tell(at, { type: 'clause', reply, text });
    });
    const over = this.now + after + clauses.length * every;
    const result = { text: clauses.join(' '), end, model: 'demo' };
    tell(over, fails ? { type: 'reply-failed', reply } : { type: 'reply-done', reply, result });
  }
}

function heardText(heard: Heard): string {
  if (heard.kind === 'silence') return 'silence';
  return heard.kind === 'keys' ? `keys ${heard.digits}` : `"${heard.text}"`;
}

function toldText(news: Extract<TalkAction, { do: 'tell' }>['news']): string {
  if (news.what === 'heard') return `heard ${news.key} ${heardText(news.heard)}`;
  const { text, isInterrupted, isCut, source, end } = news.reply;
  const how = isCut ? ['cut'] : isInterrupted ? ['interrupted'] : [];
  const marks = [source, ...how, ...(end ? [end] : [])];
  return `said ${news.key} "${text}" (${marks.join(', ')})`;
}

/** What came of a script, line by line, each with its time. */
export function played(stage: Stage, script: string, until: number): string[] {
  return new Performance(stage).play(script, until).log;
}

/** A stage whose assistant takes turns in its own way. */
export function planned(stream: StreamPlan, stage: Stage = {}): Stage {
  const { assistant, ...brief } = stage.brief ?? {};
  return { ...stage, brief: { ...brief, assistant: { ...assistant, stream } } };
}
