/** The voice of a program on this machine: flite or espeak-ng, one process for each clause. */
import { availableParallelism } from 'node:os';
import { encodeMulaw, MULAW_RATE } from '../../audio/mulaw.ts';
import { Resampler } from '../../audio/resample.ts';
import { readWav, type WavAudio } from '../../audio/wav.ts';
import { SpeechError } from '../speech-error.ts';
import type { SpeakOptions, TextToSpeech } from '../tts.ts';
import { forProgram, invocationFor, type LocalProgram } from './local-programs.ts';
import { patiently, VOICE_PATIENCE, type VoicePatience } from './patience.ts';
import { runProgram } from './run-program.ts';
import { Slots } from './slots.ts';
import { speakable } from './speakable.ts';

export interface LocalVoiceOptions {
  /** Of this machine, see `findLocalPrograms`. */
  programs: readonly LocalProgram[];
  /** As `LOCAL_VOICE` has it. Default: flite for English, espeak-ng for the rest. */
  voice?: string;
  patience?: VoicePatience;
}

/** Of this whole process: more at a time would not be quicker. */
const slots = new Slots(Math.max(2, availableParallelism()));
/** Bytes: half a second, so that a clause that is not wanted any more need not be kept as a whole. */
const PIECE = MULAW_RATE / 2;
const SERVER = 'the local voice';

export class LocalVoice implements TextToSpeech {
  readonly name: string;
  readonly abilities = { streaming: false };
  readonly #options: LocalVoiceOptions;

  constructor(options: LocalVoiceOptions) {
    this.#options = options;
    this.name = options.voice === undefined ? 'local' : `local/${options.voice}`;
  }

  async *speak(
    text: string,
    { language, signal: outer }: SpeakOptions,
  ): AsyncGenerator<Uint8Array> {
    const words = speakable(text);
    if (words === '') return;
    const { patience = VOICE_PATIENCE } = this.#options;
    yield* patiently((signal) => this.#run(words, language, signal), {
      patience,
      outer,
      server: SERVER,
    });
  }

  async *#run(words: string, language: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { programs, voice } = this.#options;
    const invocation = invocationFor(programs, voice, language);
    if (!invocation) {
      throw new SpeechError('refused', 'no program of this machine speaks this language');
    }
    const text = forProgram(invocation, words);
    if (speakable(text) === '') {
      throw new SpeechError('refused', 'the program of this machine cannot read these letters');
    }
    const giveBack = await slots.take(signal);
    let file: Uint8Array;
    try {
      file = await runProgram(invocation, text, signal);
    } finally {
      giveBack();
    }
    const audio = telephoneAudio(file);
    for (let at = 0; at < audio.length; at += PIECE) yield audio.subarray(at, at + PIECE);
  }
}

/** @throws SpeechError `bad-answer` */
function telephoneAudio(file: Uint8Array): Uint8Array {
  const wav = wavOf(file);
  if (wav.encoding === 'mulaw') return wav.audio;
  const resampler = new Resampler(wav.sampleRate, MULAW_RATE);
  const samples = [resampler.push(wav.samples), resampler.flush()];
  const audio = Buffer.concat(samples.map(encodeMulaw));
  if (wav.samples.length === 0) throw new SpeechError('bad-answer', `${SERVER} said nothing`);
  return audio;
}

function wavOf(file: Uint8Array): WavAudio {
  try {
    return readWav(file);
  } catch (error) {
    throw new SpeechError('bad-answer', `${SERVER} wrote no WAV file`, { original: error });
  }
}
