/** A recogniser whose every word is the test's, with the sessions that were asked of it. */
import type {
  ListenOptions,
  RecogniserEvent,
  RecogniserSession,
  SpeechToText,
} from '../../src/speech/index.ts';

export class ScriptedSession implements RecogniserSession {
  readonly options: ListenOptions;
  /** In order: the length of audio, and what was told about it. */
  readonly given: (number | 'voice' | 'flush')[] = [];
  readonly audio: number[] = [];
  isClosed = false;

  constructor(options: ListenOptions) {
    this.options = options;
  }

  say(...events: RecogniserEvent[]): void {
    for (const each of events) this.options.onEvent(each);
  }

  send(audio: Uint8Array): void {
    const last = this.given.at(-1);
    if (typeof last === 'number') this.given[this.given.length - 1] = last + audio.length;
    else this.given.push(audio.length);
    this.audio.push(...audio);
  }

  voiceBegan(): void {
    this.given.push('voice');
  }

  flush(): void {
    this.given.push('flush');
  }

  close(): void {
    this.isClosed = true;
  }
}

export class ScriptedRecogniser implements SpeechToText {
  readonly name: string;
  readonly abilities = { interim: true, streaming: true };
  readonly sessions: ScriptedSession[] = [];

  constructor(name: string) {
    this.name = name;
  }

  listen(options: ListenOptions): ScriptedSession {
    const session = new ScriptedSession(options);
    this.sessions.push(session);
    return session;
  }

  get last(): ScriptedSession {
    const session = this.sessions.at(-1);
    if (!session) throw new Error(`${this.name} was not asked`);
    return session;
  }
}
