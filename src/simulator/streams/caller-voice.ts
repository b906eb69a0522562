/** The caller's voice: a program on this machine that speaks, else tones that stand in for speech. */
import { spawn } from 'node:child_process';
import { spokenCaptions, writeCaptions } from '../../captions/index.ts';
import { audibleRange, SAMPLES_PER_MS } from './format.ts';
import { prepareAudio } from './speaking.ts';
import type { PreparedAudio } from './speaking.ts';
import { toLineAudio } from './line-audio.ts';
import { speechLikeTones } from './speech-like-tones.ts';

export type VoiceEngine = 'flite' | 'espeak-ng' | 'tones';

const ENGINES: readonly { engine: VoiceEngine; args: (text: string) => string[] }[] = [
  { engine: 'flite', args: (text) => ['-voice', 'rms', '-t', text, '-o', '/dev/stdout'] },
  { engine: 'espeak-ng', args: (text) => ['--stdout', '--', text] },
];

const TIMEOUT_MS = 10_000;
const MAX_WAV_BYTES = 32 * 1024 * 1024;
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
      const audio = await this.#inTurn(() => wavOf(engine, args(text)));
      if (!audio) continue;
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

/** What the program writes; undefined when there is no such program, or it fails. */
function wavOf(program: string, args: readonly string[]): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_WAV_BYTES) chunks.push(chunk);
      else child.kill('SIGKILL');
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (status) => {
      if (status !== 0) return resolve(undefined);
      try {
        resolve(toLineAudio(Buffer.concat(chunks)));
      } catch {
        resolve(undefined);
      }
    });
  });
}

/** Without the silence that programs put around speech. */
function trimmed(audio: Uint8Array): Uint8Array {
  const range = audibleRange(audio);
  return range ? audio.subarray(Math.max(0, range.from - LEAD_IN_SAMPLES), range.to) : audio;
}
