/** A session between scripted services: nothing waits but the clock of the test. */
import { createLogger } from '../../../src/log.ts';
import type { Line, LineEvent } from '../../../src/media/line.ts';
import type { StreamReplyOptions } from '../../../src/media/session/mind.ts';
import { createSessions } from '../../../src/media/session/index.ts';
import type { Session } from '../../../src/media/session-port.ts';
import { createTicker } from '../../../src/media/ticker.ts';
import type { VoiceChange } from '../../../src/media/voice-activity/index.ts';
import type { RecogniserEvent } from '../../../src/speech/stt.ts';
import { SpeechError } from '../../../src/speech/speech-error.ts';
import type { CallSoFar, Reply } from '../../../activities/ports.ts';
import type { Heard } from '../../../workflows/contract.ts';
import type { StreamBrief, StreamNews } from '../../../workflows/stream-contract.ts';

/** Milliseconds of speech for a character. */
const MS_PER_CHARACTER = 20;

export interface Question {
  call: CallSoFar;
  heard: Heard;
  options: StreamReplyOptions;
  answer(reply: Reply): void;
  fail(error: unknown): void;
}

/** A line that plays in real time: marks come back when what is in front of them was heard. */
class RealLine implements Line {
  readonly waitingBytes = 0;
  isClosed = false;
  clears = 0;
  playedMs = 0;
  tell: (event: LineEvent) => void = () => undefined;
  #freeAt = 0;
  #marks: { name: string; timer: NodeJS.Timeout }[] = [];

  play(audio: Uint8Array): void {
    this.playedMs += audio.length / 8;
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + audio.length / 8;
  }

  mark(name: string): void {
    const timer = setTimeout(
      () => {
        this.#marks = this.#marks.filter((mark) => mark.name !== name);
        this.tell({ type: 'played', mark: name });
      },
      Math.max(0, this.#freeAt - performance.now()),
    );
    this.#marks.push({ name, timer });
  }

  clear(): void {
    this.clears += 1;
    this.#freeAt = 0;
    const marks = this.#marks;
    this.#marks = [];
    for (const { name, timer } of marks) {
      clearTimeout(timer);
      setTimeout(() => this.tell({ type: 'played', mark: name }), 1);
    }
  }

  close(): void {
    this.isClosed = true;
    for (const { timer } of this.#marks) clearTimeout(timer);
  }
}

export class SessionBench {
  readonly line = new RealLine();
  readonly news: StreamNews[] = [];
  readonly questions: Question[] = [];
  readonly spoken: string[] = [];
  readonly session: Session;
  isVoiceBroken = false;
  flushes = 0;
  openEars = 0;
  #recognise: (event: RecogniserEvent) => void = () => undefined;
  #voice: (change: VoiceChange) => void = () => undefined;
  #saidMs = 0;

  constructor(brief: StreamBrief, settled: () => Promise<void> = async () => undefined) {
    const open = createSessions({
      orchestrator: {
        streamReply: (call, heard, options) =>
          new Promise<Reply>((answer, fail) => {
            this.questions.push({ call, heard, options, answer, fail });
          }),
      },
      recognisers: () => ({
        name: 'scripted/words',
        abilities: { interim: true, streaming: true },
        listen: ({ onEvent }) => {
          this.#recognise = onEvent;
          this.openEars += 1;
          return {
            send: () => undefined,
            voiceBegan: () => undefined,
            flush: () => {
              this.flushes += 1;
              setTimeout(() => onEvent({ type: 'flushed' }), 20);
            },
            close: () => {
              this.openEars -= 1;
            },
          };
        },
      }),
      voices: () => ({
        name: 'scripted/voice',
        abilities: { streaming: true },
        speak: (text, { signal }) => this.#speak(text, signal),
      }),
      voiceActivity: {
        ready: async () => undefined,
        open: (onVoice) => {
          this.#voice = onVoice;
          return { send: () => undefined, close: () => undefined };
        },
        method: 'energy',
        close: async () => undefined,
      },
      ticker: createTicker(),
      clock: { now: () => performance.now() },
      door: {
        tell: (_callId, news) => void this.news.push(news),
        settled,
        recall: async () => undefined,
      },
      watch: { told: () => undefined, underrun: () => undefined },
    });
    this.session = open({
      callId: 'call_1',
      stream: 1,
      brief,
      line: this.line,
      listen: (listener) => (this.line.tell = listener),
      log: createLogger({ level: 'silent', role: 'media', process: 'test' }),
    });
  }

  /** The caller's line, as long as nothing else is said. */
  say(text: string, ms: number): void {
    this.#audio(ms);
    this.#voice({ voice: 'began', atMs: this.#saidMs, sinceMs: this.#saidMs - ms });
    this.#recognise({ type: 'partial', text });
  }

  /** He has ended: the recogniser has its final words. */
  ends(text: string): void {
    this.#voice({ voice: 'ended', atMs: this.#saidMs, sinceMs: this.#saidMs });
    this.#recognise({ type: 'final', text });
  }

  recogniserFails(): void {
    this.#recognise({ type: 'failed', error: new SpeechError('unavailable', 'gone') });
  }

  lineEnds(why: 'stopped' | 'lost'): void {
    this.line.tell({ type: 'ended', why });
  }

  presses(digit: string): void {
    this.line.tell({ type: 'key', digit });
  }

  #audio(ms: number): void {
    this.#saidMs += ms;
    this.line.tell({ type: 'audio', audio: new Uint8Array(ms * 8).fill(0xff) });
  }

  async *#speak(text: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    if (this.isVoiceBroken) throw new SpeechError('unavailable', 'no voice');
    this.spoken.push(text);
    if (signal.aborted) return;
    yield new Uint8Array(text.length * MS_PER_CHARACTER * 8);
  }
}
