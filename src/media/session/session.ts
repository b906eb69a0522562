/**
 * One stream under way. Everything that happens goes to the rules of turn-taking (`../turns`), and
 * what they decide is done: heard by `ears`, answered by `mind`, spoken by `mouth`, told to the
 * workflow.
 */
import type { SessionEnd } from '../../../workflows/stream-contract.ts';
import { createPlayback } from '../playback/index.ts';
import type { PlaybackEvent } from '../playback/index.ts';
import type { LineEvent } from '../line.ts';
import type { Session, SessionRequest } from '../session-port.ts';
import type { Clock } from '../ticker.ts';
import { newTalk, nextDeadline, reduce } from '../turns/index.ts';
import type { Talk, TalkAction, TalkEvent, TalkNews } from '../turns/index.ts';
import type { RecogniserEvent } from '../../speech/stt.ts';
import { Ears } from './ears.ts';
import { isDoneWithin } from './in-time.ts';
import { Mind } from './mind.ts';
import { Mouth } from './mouth.ts';
import type { SessionParts } from './parts.ts';
import { Story } from './story.ts';

type Happening = TalkEvent extends infer Event
  ? Event extends TalkEvent
    ? Omit<Event, 'at'>
    : never
  : never;

/** The workflow hangs up after the last words; if it cannot, the closed line brings Twilio back. */
const LAST_WORDS_MS = 10_000;
/** For what is still to be told when the process leaves. */
const SETTLE_MS = 500;

export class LiveSession implements Session {
  readonly ended: Promise<SessionEnd>;
  readonly #request: SessionRequest;
  readonly #parts: SessionParts;
  readonly #clock: Clock;
  readonly #story: Story;
  readonly #ears: Ears;
  readonly #mind: Mind;
  readonly #mouth: Mouth;
  readonly #played: (mark: string) => void;
  readonly #resolve: (end: SessionEnd) => void;
  #talk: Talk = newTalk();
  /** What happened while something else is being dealt with. */
  readonly #waiting: TalkEvent[] = [];
  #isBusy = false;
  #isOver = false;
  #alarm: NodeJS.Timeout | undefined;
  #lastWords: NodeJS.Timeout | undefined;

  constructor(request: SessionRequest, parts: SessionParts) {
    const { brief, line, log } = request;
    const { stream, voice, listen } = brief.call.assistant;
    const { language } = voice;
    let resolve: (end: SessionEnd) => void = () => undefined;
    this.ended = new Promise((settle) => (resolve = settle));
    this.#resolve = resolve;
    this.#request = request;
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#story = new Story(brief, () => parts.door.recall(request.callId));
    const recogniser = parts.recognisers(stream?.recognition);
    const playback = createPlayback({
      line,
      clock: parts.clock,
      ticker: parts.ticker,
      onEvent: (event) => this.#heardBack(event),
    });
    this.#played = (mark) => playback.played(mark);
    this.#mind = new Mind(parts.orchestrator, (event) => this.#happen(event));
    this.#mouth = new Mouth({
      voice: parts.voices(stream?.speech),
      language,
      playback,
      onAudio: (utterance) => this.#happen({ type: 'audio-ready', utterance }),
      onFailed: (error) => {
        log.warn('no voice could speak', { error });
        this.#happen({ type: 'voice-failed' });
      },
    });
    this.#ears = new Ears({
      recogniser,
      voiceActivity: parts.voiceActivity,
      language,
      hints: listen.hints,
      clock: parts.clock,
      onRecogniser: (event) => this.#recognised(event),
      onVoice: (change, at, since) => this.#happen({ type: 'voice', voice: change, since }, at),
    });
    // Before listening: a key that was pressed meanwhile is told at once.
    this.#happen({ type: 'opened', brief, hasInterim: recogniser.abilities.interim });
    request.listen((event) => this.#take(event));
  }

  hangUp(): void {
    this.#finish('stopped');
  }

  move(): void {
    this.#finish('moved');
  }

  #take(event: LineEvent): void {
    if (this.#isOver) return;
    switch (event.type) {
      case 'audio':
        return this.#ears.hear(event.audio);
      case 'key':
        return this.#happen({ type: 'key', digit: event.digit });
      case 'played':
        return this.#played(event.mark);
      case 'ended':
        return this.#finish(event.why === 'stopped' ? 'stopped' : 'lost');
    }
  }

  #recognised(event: RecogniserEvent): void {
    if (event.type !== 'failed') {
      if (event.type === 'final') {
        const { text, confidence } = event;
        return this.#happen({
          type: 'final',
          text,
          ...(confidence !== undefined && { confidence }),
        });
      }
      return this.#happen(event);
    }
    this.#request.log.warn('no recogniser is left', { error: event.error });
    this.#happen({ type: 'recogniser-failed' });
  }

  #heardBack(event: PlaybackEvent): void {
    switch (event.type) {
      case 'audible':
        return this.#happen({ type: 'audible', utterance: event.utterance }, event.atMs);
      case 'heard': {
        const { utterance, text, isAll } = event;
        return this.#happen({ type: 'heard', utterance, text, isAll });
      }
      case 'cleared':
        return this.#happen({
          type: 'cleared',
          utterance: event.utterance,
          text: event.heardText,
        });
      case 'underrun':
        return this.#parts.watch.underrun(event);
      case 'stuck':
        return this.#finish('lost');
    }
  }

  /** One after the other, though doing something may make something else happen at once. */
  #happen(happening: Happening, at: number = this.#clock.now()): void {
    this.#waiting.push({ ...happening, at } as TalkEvent);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      this.#takeAll();
      this.#isBusy = false;
    } catch (error) {
      this.#fail(error);
    }
    this.#setAlarm();
  }

  #takeAll(): void {
    for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
      const { state, actions } = reduce(this.#talk, event);
      this.#talk = state;
      for (const action of actions) this.#do(action);
    }
  }

  /** A fault of ours: this call goes on over another stream, and the process with all the others. */
  #fail(error: unknown): void {
    this.#request.log.error('a session failed', { error });
    this.#waiting.length = 0;
    this.#isBusy = false;
    this.#finish('lost');
  }

  #do(action: TalkAction): void {
    switch (action.do) {
      case 'flush':
        return this.#ears.flush(action.voiceGoesOn);
      case 'ask-model':
        return this.#mind.ask(action.reply, this.#story.soFar(), action.heard);
      case 'drop-model':
        return this.#mind.drop(action.reply);
      case 'say':
        if (action.text !== '') this.#mouth.say(action.utterance, action.text);
        if (action.isLast) this.#mouth.finish(action.utterance);
        return;
      case 'clear':
        return this.#mouth.clear();
      case 'tell':
        return this.#tell(action.news);
      case 'end':
        this.#lastWords = setTimeout(() => this.#finish('stopped'), LAST_WORDS_MS);
        return;
      case 'give-up':
        return this.#finish(action.why);
    }
  }

  #tell(news: TalkNews): void {
    this.#story.add(news);
    const { callId, stream } = this.#request;
    this.#parts.door.tell(callId, { ...news, stream, at: new Date().toISOString() });
    this.#parts.watch.told(news, this.#request.brief.call.assistant.id);
  }

  #setAlarm(): void {
    clearTimeout(this.#alarm);
    if (this.#isOver) return;
    const due = nextDeadline(this.#talk);
    if (due === undefined) return;
    const waitMs = Math.max(0, Math.ceil(due - this.#clock.now()));
    this.#alarm = setTimeout(() => this.#happen({ type: 'time' }), waitMs);
  }

  /** What was heard until now is told, and nothing happens any more. */
  #finish(why: SessionEnd['why']): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#mouth.close();
    this.#happen({ type: 'line-ended', isLost: why !== 'stopped' });
    clearTimeout(this.#lastWords);
    this.#mind.close();
    this.#ears.close();
    this.#request.line.close();
    void this.#resolveSoon(why);
  }

  /** When what was told has arrived; who waits for it is not kept waiting for long. */
  async #resolveSoon(why: SessionEnd['why']): Promise<void> {
    await Promise.resolve(); // what is being done at this moment is told, too
    const told = this.#parts.door.settled(this.#request.callId);
    const hasArrived = await isDoneWithin(SETTLE_MS, told);
    // Whoever goes on is to know that some of it is still to come.
    this.#resolve({ why: why === 'moved' && !hasArrived ? 'lost' : why });
  }
}
