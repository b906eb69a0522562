/** The caller's voice: a program on this machine that speaks, else tones that stand in for speech. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spokenCaptions, writeCaptions } from '../../captions/index.ts';
import { audibleRange, SAMPLES_PER_MS } from './format.ts';
import { prepareAudio } from './speaking.ts';
import type { PreparedAudio } from './speaking.ts';
import { toLineAudio } from './line-audio.ts';
import { speechLikeTones } from '../../audio/speech-like-tones.ts';

export type VoiceEngine = 'flite' | 'espeak-ng' | 'tones';

/** The words come by standard input, where no option can be among them, and the audio by a file. */
const ENGINES: readonly { engine: VoiceEngine; args: (file: string) => string[] }[] = [
  { engine: 'flite', args: (file) => ['-voice', 'rms', '-f', '-', '-o', file] },
  { engine: 'espeak-ng', args: (file) => ['-b', '1', '--stdin', '-w', file] },
];

const TIMEOUT_MS = 10_000;
const MAX_AT_ONCE = 2;
const KEPT = 500;
/** Left in front of the first audible sample, so that no word begins with a click. */
const LEAD_IN_SAMPLES = 20 * SAMPLES_PER_MS;

export class CallerVoice {
  #engine: VoiceEngine | undefined;
  readonly #kept = new Map<string, Promise<PreparedAudio>>();
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param engine the first one that is found when left out */
  constructor(engine?: VoiceEngine) {
    this.#engine = engine;
  }

  /** What speaks, once it is known: after the first words were made. */
  get engine(): VoiceEngine | undefined {
    return this.#engine;
  }

  /** The words as audio, with captions and without silence around it. Never rejects. */
  speak(text: string): Promise<PreparedAudio> {
    const known = this.#kept.get(text);
    if (known) {
      // The newest stay longest.
      this.#kept.delete(text);
      this.#kept.set(text, known);
      return known;
    }
    const made = this.#make(text);
    this.#kept.set(text, made);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return made;
  }

  async #make(text: string): Promise<PreparedAudio> {
    const plain = text.replace(/\p{Cc}+/gu, ' ').trim();
    const audio = trimmed((await this.#spoken(plain)) ?? speechLikeTones(plain));
    return prepareAudio(writeCaptions(audio, spokenCaptions(text, audio.length)));
  }

  /** By the engine, or by the first one that works; undefined: by none. */
  async #spoken(text: string): Promise<Uint8Array | undefined> {
    if (!/[\p{L}\p{N}]/u.test(text)) return undefined;
    for (const { engine, args } of ENGINES) {
      if (this.#engine !== undefined && this.#engine !== engine) continue;
      const audio = await this.#inTurn(() => wavOf(engine, args, text));
      if (!audio || !audibleRange(audio)) continue;
      this.#engine = engine;
      return audio;
    }
    this.#engine ??= 'tones';
    return undefined;
  }

  /** A few programs at a time: fifty callers may begin at once. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_AT_ONCE) await new Promise<void>((go) => this.#waiting.push(go));
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/** What the program says; undefined when there is no such program, or it fails. */
async function wavOf(
  program: string,
  argsFor: (file: string) => string[],
  text: string,
): Promise<Uint8Array | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'voca-caller-'));
  try {
    const file = join(folder, 'voice.wav');
    if (!(await runs(program, argsFor(file), text))) return undefined;
    return toLineAudio(await readFile(file));
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runs(program: string, args: readonly string[], input: string): Promise<boolean> {
  return new Promise((resolve) => {
    const stdio: ['pipe', 'ignore', 'ignore'] = ['pipe', 'ignore', 'ignore'];
    const child = spawn(program, args, { stdio, timeout: TIMEOUT_MS });
    child.on('error', () => resolve(false));
    child.on('close', (status) => resolve(status === 0));
    // A program that does not read its input to the end is heard of by its status.
    child.stdin.on('error', () => {});
    child.stdin.end(`${input}\n`);
  });
}

/** Without the silence that programs put around speech. */
function trimmed(audio: Uint8Array): Uint8Array {
  const range = audibleRange(audio);
  return range ? audio.subarray(Math.max(0, range.from - LEAD_IN_SAMPLES), range.to) : audio;
}
