/** One media stream of one call, at the caller's end: what he says goes out, what comes is played. */
import type WebSocket from 'ws';
import type { CallState } from '../call-state.ts';
import { deferred } from '../call-state.ts';
import type { Line } from '../line.ts';
import type { LineStream } from './line-stream.ts';
import type { StreamEnd, StreamMeasures } from '../truth-events.ts';
import type { TruthLog } from '../truth-log.ts';
import type { CallerVoice } from './caller-voice.ts';
import { FrameSender } from './frame-sender.ts';
import { CONNECTED, MessageWriter } from './messages.ts';
import { PlaybackSide } from './playback-side.ts';
import { FRAME_MS, preciseNow } from './format.ts';
import { Recording } from './recording.ts';
import { Speaking } from './speaking.ts';
import type { FinishedUtterance, PreparedAudio } from './speaking.ts';
import { STREAM_ERRORS } from './open-socket.ts';
import { StreamNotes } from './stream-notes.ts';
import type { Ticker } from './ticker.ts';

export interface SessionParts {
  call: CallState;
  line: Line;
  log: TruthLog;
  ticker: Ticker;
  voice: CallerVoice;
  socket: WebSocket;
  streamSid: string;
  url: string;
  parameters: Readonly<Record<string, string>>;
  /** Where what was heard and said is kept. */
  recordTo: string | undefined;
  recordAs: string;
}

/** It is the caller's turn when nothing was heard for so long after something was. */
const TURN_GAP_MS = 800;
/** Or, where nothing is said to him, after so long. */
const NOTHING_HEARD_MS = 5_000;
/** How long the application may take to close its side. */
const CLOSING_MS = 1_000;

export class StreamSession implements LineStream {
  readonly streamSid: string;
  readonly #parts: SessionParts;
  readonly #notes: StreamNotes;
  readonly #sender: FrameSender;
  readonly #speaking: Speaking;
  readonly #playback: PlaybackSide;
  readonly #recording: Recording | undefined;
  readonly #over = deferred<{ by: StreamEnd; closeCode?: number }>();
  readonly #startedMs = preciseNow();
  #isOver = false;
  #leaveTicker = () => {};
  /** Since when the caller could speak, if nothing is heard. */
  #waitsSinceMs = this.#startedMs;
  #wasListening = false;
  #stopWithheld = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.streamSid = parts.streamSid;
    const { call, socket, streamSid, parameters, line, log, recordTo } = parts;
    this.#recording = recordTo === undefined ? undefined : new Recording(this.#startedMs);
    this.#notes = new StreamNotes(parts);
    const { accountSid } = call.identity;
    const start = { streamSid, accountSid, callSid: call.sid, customParameters: parameters };
    this.#sender = new FrameSender(socket, new MessageWriter(start));
    this.#speaking = new Speaking((utterance) => this.#spoken(utterance));
    this.#playback = new PlaybackSide({
      nowMs: this.#startedMs,
      callSid: call.sid,
      streamSid,
      line,
      log,
      speaking: this.#speaking,
      recording: this.#recording,
      onMark: (name) => this.#sender.mark(name),
    });
  }

  /** Until it is over: settles with who ended it. `signal` is the call's. */
  async run(signal: AbortSignal): Promise<void> {
    const { socket, ticker, line } = this.#parts;
    const stopped = () => this.#over.resolve({ by: signal.reason as 'ended' | 'redirected' });
    signal.addEventListener('abort', stopped);
    if (signal.aborted) stopped();
    this.#listen();
    socket.send(CONNECTED);
    this.#sender.start();
    this.#notes.state({ state: 'started', parameters: this.#parts.parameters });
    line.attach(this);
    this.#leaveTicker = ticker.join((atMs) => this.#tick(atMs));
    const end = await this.#over.promise;
    signal.removeEventListener('abort', stopped);
    await this.#close(end);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** The application has said something and is silent now: it is the caller's turn. */
  get isListening(): boolean {
    if (this.#isOver || this.#speaking.isBusy || this.#sender.hasKeys) return false;
    const { silentSinceMs } = this;
    const isHearing = silentSinceMs === undefined && this.#playback.hearing.sounds > 0;
    if (isHearing) return false;
    const heardUntilMs = silentSinceMs ?? Number.NEGATIVE_INFINITY;
    const hasHeard = heardUntilMs > this.#waitsSinceMs;
    const quietSinceMs = hasHeard ? heardUntilMs : this.#waitsSinceMs;
    const quietMs = preciseNow() - quietSinceMs;
    return quietMs >= (hasHeard ? TURN_GAP_MS : NOTHING_HEARD_MS) && !this.#playback.isBusy;
  }

  get hearing(): string {
    return this.#playback.hearing.words;
  }

  get measures(): StreamMeasures {
    this.#playback.measuring.framesSent = this.#sender.framesSent;
    return this.#playback.measuring.snapshot();
  }

  get silentSinceMs(): number | undefined {
    return this.#playback.silentSinceMs(preciseNow());
  }

  firstAudibleAfter(atMs: number): number | undefined {
    return this.#playback.hearing.firstAudibleAfter(atMs);
  }

  say(utteranceId: string, text: string, audio?: PreparedAudio): void {
    const made = audio ? Promise.resolve(audio) : this.#parts.voice.speak(text);
    this.#speaking.say(utteranceId, text, made);
  }

  press(utteranceId: string, keys: string): void {
    const startedMs = preciseNow();
    this.#sender.press(keys, (isComplete) => {
      const endsAtMs = preciseNow();
      this.#spoken({ utteranceId, text: keys, beginsAtMs: startedMs, endsAtMs, isComplete });
    });
  }

  keepSilent(): void {
    this.#waitsSinceMs = preciseNow();
  }

  drop(how: 'reset' | 'clean'): void {
    this.#notes.fault(`stream-${how}`);
    this.#stopWithheld = true;
    if (how === 'reset') this.#sender.reset();
    this.#over.resolve({ by: 'fault' });
  }

  goSilent(ms: number): void {
    this.#notes.fault('stream-silent', `${ms} ms`);
    this.#sender.goSilent(ms);
  }

  loseFrames(count: number): void {
    this.#notes.fault('stream-lost-frames', String(count));
    this.#sender.loseFrames(count);
  }

  swapFrames(): void {
    this.#notes.fault('stream-swapped-frames');
    this.#sender.swapFrames();
  }

  duplicateFrame(): void {
    this.#notes.fault('stream-duplicate-frame');
    this.#sender.duplicateFrame();
  }

  sendText(text?: string): void {
    this.#notes.fault('stream-message');
    const { streamSid } = this;
    this.#sender.text(text ?? JSON.stringify({ event: 'weather', streamSid, weather: 'fine' }));
  }

  withholdStop(): void {
    this.#notes.fault('stream-no-stop');
    this.#stopWithheld = true;
  }

  #listen(): void {
    const { socket } = this.#parts;
    socket.on('message', (data, isBinary) => {
      if (this.#isOver) return;
      const understood =
        !isBinary && this.#playback.message((data as Buffer).toString('utf8'), preciseNow());
      if (understood) return;
      const message = isBinary ? 'a binary frame' : 'a message that is no JSON';
      this.#notes.error(STREAM_ERRORS.message, message);
      this.#over.resolve({ by: 'twilio' });
    });
    socket.on('error', () => this.#notes.error(STREAM_ERRORS.protocol, 'the WebSocket failed'));
    socket.on('close', (closeCode) => {
      if (!this.#isOver && (closeCode === 1006 || closeCode === 1011)) {
        this.#notes.error(STREAM_ERRORS.closedByError, `closed by the server with ${closeCode}`);
      }
      this.#over.resolve({ by: 'application', closeCode });
    });
  }

  #tick(atMs: number): void {
    const nowMs = preciseNow();
    const frame = this.#speaking.nextFrame(atMs);
    if (frame) this.#recording?.said.place(frame.audio, atMs - FRAME_MS);
    this.#sender.frame(frame?.payload, atMs);
    this.#playback.advance(nowMs);
    const { isListening } = this;
    if (isListening === this.#wasListening) return;
    this.#wasListening = isListening;
    this.#parts.line.changed();
  }

  /** All of it was sent, or the stream ended before that. */
  #spoken(utterance: FinishedUtterance): void {
    this.#waitsSinceMs = preciseNow();
    const { call, line, streamSid } = this.#parts;
    line.sent({ kind: 'stream-voice', callSid: call.sid, streamSid, ...utterance });
  }

  async #close(end: { by: StreamEnd; closeCode?: number }): Promise<void> {
    const { socket, line, recordTo, recordAs } = this.#parts;
    this.#leaveTicker();
    const nowMs = preciseNow();
    this.#playback.close(nowMs);
    this.#isOver = true;
    line.detach(this);
    this.#sender.close();
    this.#speaking.close();
    if (!this.#stopWithheld && end.by !== 'application') this.#sender.stop();
    this.#notes.state({ state: 'over', ...end, measures: this.measures });
    socket.close(1000);
    const patience = setTimeout(() => socket.terminate(), CLOSING_MS);
    socket.once('close', () => clearTimeout(patience));
    if (recordTo !== undefined) await this.#recording?.write(recordTo, recordAs, nowMs);
  }
}
