/** The software phone in the terminal: prints what is heard, says what is typed. */
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { EndedCall } from './call-state.ts';
import * as screen from './handset-screen.ts';
import type { Command } from './handset-screen.ts';
import { HeardBlocks } from './heard-blocks.ts';
import type { Phone } from './phone.ts';
import { PhoneError } from './phone-error.ts';
import { StreamWatch } from './stream-watch.ts';

export interface HandsetOptions {
  phone: Phone;
  input: Readable;
  output: Writable & { columns?: number };
  /**
   * A person types: words interrupt, and typing keeps the line open. Otherwise (a pipe) each line
   * waits for its turn, and after the last one the call is hung up.
   */
  isTerminal: boolean;
}

// A person may think for as long as the call lasts.
const NO_LIMIT = { timeoutMs: 2 ** 31 - 1 };
const DEFAULT_COLUMNS = 80;

/** Runs the handset until the call is over. */
export async function runHandset(options: HandsetOptions): Promise<EndedCall> {
  const handset = new Handset(options);
  return handset.run();
}

class Handset {
  readonly #options: HandsetOptions;
  readonly #reader: Interface;
  readonly #heard = new HeardBlocks();
  /** The last row on the screen of the block that may still grow. */
  #openRow: { index: number; text: string } | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: HandsetOptions) {
    this.#options = options;
    const { input, output, isTerminal } = options;
    this.#reader = createInterface({
      input,
      output: isTerminal ? output : undefined,
      terminal: isTerminal,
      prompt: screen.PROMPT,
    });
  }

  async run(): Promise<EndedCall> {
    const { phone, input, isTerminal } = this.#options;
    const watch = new StreamWatch(phone, (text) => this.#say(text));
    const stop = phone.onChange(() => {
      this.#showHeard();
      watch.look();
      // A question came while a line was half typed: it is played, and waits for the line.
      if (isTerminal && this.#reader.line !== '') phone.startSpeaking({ bargeIn: false });
    });
    const typing = () => setImmediate(() => this.#typed());
    this.#reader.on('line', (line) => {
      this.#finishBlock(); // the cursor is below it now
      this.#entered(screen.readCommand(line));
    });
    this.#reader.on('SIGINT', () => phone.hangUp());
    this.#reader.on('close', () => this.#closed());
    if (isTerminal) input.on('keypress', typing);
    this.#say(screen.callText(phone.from, phone.to));
    if (phone.direction === 'outbound-api' && phone.status === 'ringing') {
      this.#say(screen.RINGING);
    }
    this.#showHeard();
    const ended = await phone.ended;
    this.#showHeard();
    stop();
    watch.stop();
    input.off('keypress', typing);
    this.#reader.close();
    this.#say(screen.endText(ended));
    return ended;
  }

  #showHeard(): void {
    const { phone, isTerminal } = this.#options;
    const heard = phone.transcript.filter(({ who }) => who === 'assistant');
    for (const { source, text, isNew } of this.#heard.take(heard, phone.hearing, Date.now())) {
      if (isNew) this.#endBlock();
      this.#showRows(screen.heardRows(source, text, this.#width));
    }
    // Whoever reads a pipe line by line wants this one before it is his turn.
    if (!isTerminal && phone.isListening) this.#finishBlock();
  }

  /** Shows a block, or what is new of it. */
  #showRows(rows: readonly string[]): void {
    const { isTerminal } = this.#options;
    const { index: from, text: before } = this.#openRow ?? { index: 0, text: '' };
    const added = rows.slice(from).join('\n');
    if (isTerminal) {
      this.#print(added, { over: this.#openRow !== undefined });
    } else this.#write(added.slice(before.length));
    this.#openRow = { index: rows.length - 1, text: rows.at(-1) ?? '' };
  }

  /** What is heard next is a block of its own. */
  #finishBlock(): void {
    this.#heard.finish();
    this.#endBlock();
  }

  #endBlock(): void {
    if (this.#openRow && !this.#options.isTerminal) this.#write('\n');
    this.#openRow = undefined;
  }

  get #width(): number {
    return this.#options.output.columns ?? DEFAULT_COLUMNS;
  }

  /** The line being typed changed: the caller has begun to speak, or thought better of it. */
  #typed(): void {
    const { phone } = this.#options;
    const { line } = this.#reader;
    if (line === '') phone.stopSpeaking();
    else phone.startSpeaking({ bargeIn: !line.startsWith('/') });
  }

  #entered(command: Command): void {
    const { phone, isTerminal } = this.#options;
    if (command.do === 'hangup' && isTerminal) return phone.hangUp();
    if (command.do === 'nothing') return this.#prompt();
    if (command.do === 'help') return this.#say(screen.HELP);
    if (command.do === 'unknown') {
      phone.stopSpeaking();
      return this.#say(screen.unknownText(command.text));
    }
    if (command.do === 'answer' || command.do === 'decline') return this.#pickUp(command.do);
    if (isTerminal && !phone.isOpen) this.#say(screen.NOT_YET);
    this.#queue = this.#queue.then(() => this.#perform(command)).catch(ignoreEnd);
    return this.#prompt();
  }

  #pickUp(how: 'answer' | 'decline'): void {
    const { phone } = this.#options;
    if (phone.direction === 'inbound') return this.#say(screen.unknownText(`/${how}`));
    phone[how]();
    return this.#prompt();
  }

  async #perform(command: Command): Promise<void> {
    const { phone, isTerminal } = this.#options;
    await phone.waitUntilListening({ ...NO_LIMIT, bargeIn: isTerminal });
    if (!isTerminal) this.#say(screen.saidText(command, this.#width));
    if (command.do === 'hangup') return phone.hangUp();
    if (command.do === 'silent') return phone.staySilent(NO_LIMIT);
    if (command.do === 'say' && !phone.say(command.text).heard) this.#say(screen.NOT_HEARD);
    if (command.do === 'keys' && !phone.press(command.keys).heard) this.#say(screen.NOT_HEARD);
  }

  /** No more input: a person has left; a pipe is done once its last line was answered. */
  #closed(): void {
    const { phone, isTerminal } = this.#options;
    if (phone.isOver) return;
    if (isTerminal) return phone.hangUp();
    this.#queue = this.#queue
      .then(() => phone.waitUntilListening(NO_LIMIT))
      .then(() => phone.hangUp())
      .catch(ignoreEnd);
  }

  /** A notice, which ends what was being heard. */
  #say(text: string): void {
    this.#finishBlock();
    this.#print(text);
  }

  /**
   * Prints above the line that is being typed.
   * @param options `over`: in the place of the row above it
   */
  #print(text: string, options: { over?: boolean } = {}): void {
    if (!this.#options.isTerminal) return this.#write(`${text}\n`);
    // The typed line may take several rows, and the prompt is drawn from its first one again.
    const { rows } = this.#reader.getCursorPos();
    const up = rows + (options.over ? 1 : 0);
    this.#write(`${up > 0 ? `\x1b[${up}A` : ''}\r\x1b[J${text}\n${'\n'.repeat(rows)}`);
    this.#prompt();
  }

  #prompt(): void {
    if (this.#options.isTerminal && !this.#options.phone.isOver) this.#reader.prompt(true);
  }

  #write(text: string): void {
    this.#options.output.write(text);
  }
}

/** The call ended while a line waited for its turn: there is nobody to say it to. */
function ignoreEnd(error: unknown): void {
  if (!(error instanceof PhoneError)) throw error;
}
