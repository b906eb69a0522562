/**
 * OpenAI's transcription (platform.openai.com, `/v1/audio/transcriptions`), which with another base URL
 * also reaches Groq, vLLM, faster-whisper servers and more. It is given one stretch of speech after
 * the other, each as a WAV file, and says nothing in between.
 */
import { decodeMulaw, MULAW_RATE } from '../../audio/mulaw.ts';
import { writeWav } from '../../audio/wav.ts';
import { failureOf } from '../../vendors/failure.ts';
import { makeFetch } from '../../vendors/own-fetch.ts';
import { SpeechError } from '../speech-error.ts';
import type { ListenOptions, RecogniserSession, SpeechToText } from '../stt.ts';
import { multipart } from './multipart.ts';
import { SessionOutlet } from './session-outlet.ts';
import { SpeechStretch } from './speech-stretch.ts';
import { readTranscription, throwStatus, TRANSCRIPTION } from './transcription-answer.ts';

export interface OpenAiTranscriptionOptions {
  /** Empty for a server that wants none. */
  apiKey: string;
  /** Up to and with the version, such as `http://localhost:8000/v1`. Default: OpenAI's own. */
  baseUrl?: string;
  model: string;
  /**
   * Milliseconds for an answer. Whole sentences take such a service up to some seconds; where there is
   * another recogniser, the chain does not wait for so long.
   */
  answerMs?: number;
}

const ANSWER_MS = 4_000;
/** Stretches that are out at a time; more of them means that nothing comes back. */
const MAX_ASKED = 4;
/** Characters of all hints: such a service reads 224 tokens of them. */
const MAX_PROMPT_LENGTH = 450;
const BYTES_PER_MS = 8;

/** One pool of connections for all calls. */
const ask = makeFetch({
  headers: ['accept', 'authorization', 'content-type'],
  limits: { maxBytes: 256_000 },
});

export class OpenAiTranscriber implements SpeechToText {
  readonly name: string;
  readonly abilities = { interim: false, streaming: false };
  readonly #options: OpenAiTranscriptionOptions;

  constructor(options: OpenAiTranscriptionOptions) {
    this.name = `openai/${options.model}`;
    this.#options = options;
  }

  listen(options: ListenOptions): RecogniserSession {
    return new TranscriptionSession(this.#options, options);
  }
}

class TranscriptionSession implements RecogniserSession {
  readonly #options: OpenAiTranscriptionOptions;
  readonly #fields: [string, string][];
  readonly #outlet: SessionOutlet;
  readonly #stretch = new SpeechStretch();
  readonly #gone = new AbortController();
  #sentBytes = 0;
  #asked = 0;
  /** Everything is told in the order in which it was asked for. */
  #told: Promise<void> = Promise.resolve();

  constructor(
    options: OpenAiTranscriptionOptions,
    { language, hints, onEvent, onReady }: ListenOptions,
  ) {
    this.#options = options;
    this.#fields = fieldsOf(options.model, language, hints);
    this.#outlet = new SessionOutlet(onEvent);
    // There is nothing to be let into: every stretch is a request of its own.
    this.#tell(() => onReady?.());
  }

  send(audio: Uint8Array): void {
    if (this.#outlet.isOver) return;
    this.#sentBytes += audio.length;
    this.#stretch.add(audio);
    if (this.#stretch.isTooLong) this.#transcribe(this.#stretch.take(true));
  }

  voiceBegan(): void {
    this.#stretch.voiceBegan();
  }

  flush(): void {
    if (this.#outlet.isOver) return;
    this.#transcribe(this.#stretch.take());
    this.#tell(() => this.#outlet.flushed());
  }

  close(): void {
    this.#outlet.close();
    this.#gone.abort();
  }

  #transcribe(audio: Uint8Array | undefined): void {
    if (!audio) return;
    this.#asked += 1;
    if (this.#asked > MAX_ASKED) {
      const error = new SpeechError('unavailable', `${TRANSCRIPTION} does not keep up`);
      return queueMicrotask(() => this.#fail(error));
    }
    const untilMs = this.#sentBytes / BYTES_PER_MS;
    const answer = this.#ask(audio);
    answer.catch((error: unknown) => this.#fail(asSpeechError(error)));
    this.#tell(async () => {
      this.#outlet.final(await answer, { untilMs });
      this.#asked -= 1;
    });
  }

  /** @throws what `asSpeechError` understands */
  async #ask(audio: Uint8Array): Promise<string> {
    const { apiKey, baseUrl = 'https://api.openai.com/v1', answerMs = ANSWER_MS } = this.#options;
    // Not every server that is compatible reads mu-law.
    const samples = decodeMulaw(audio);
    const file = writeWav({ encoding: 'pcm16', sampleRate: MULAW_RATE, samples });
    const { body, contentType } = multipart(this.#fields, { name: 'speech.wav', bytes: file });
    const response = await ask(`${baseUrl.replace(/\/+$/, '')}/audio/transcriptions`, {
      method: 'POST',
      headers: {
        ...(apiKey !== '' && { authorization: `Bearer ${apiKey}` }),
        accept: 'application/json',
        'content-type': contentType,
      },
      body,
      signal: AbortSignal.any([this.#gone.signal, AbortSignal.timeout(answerMs)]),
    });
    if (!response.ok) await throwStatus(response);
    return readTranscription(await response.text());
  }

  #tell(tell: () => void | Promise<void>): void {
    this.#told = this.#told
      .then(async () => {
        if (!this.#outlet.isOver) await tell();
      })
      // What fails is told when it fails.
      .catch(() => undefined);
  }

  #fail(error: SpeechError): void {
    if (this.#outlet.isOver) return;
    this.#outlet.failed(error);
    this.#gone.abort();
  }
}

function asSpeechError(error: unknown): SpeechError {
  if (error instanceof SpeechError) return error;
  const { kind, message, options } = failureOf(error, { server: TRANSCRIPTION });
  return new SpeechError(kind, message, options);
}

/** The language is an ISO 639-1 code, the prompt the words to expect. */
function fieldsOf(model: string, language: string, hints: readonly string[]): [string, string][] {
  const prompt = hints
    .map((hint) => hint.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim())
    .filter((hint) => hint !== '')
    .join(', ')
    .slice(0, MAX_PROMPT_LENGTH)
    .replace(/[\uD800-\uDBFF]$/, '');
  const [primary = ''] = language.toLowerCase().split(/[-_]/);
  return [
    ['model', model],
    ['response_format', 'json'],
    ...(/^[a-z]{2}$/.test(primary) ? [['language', primary] satisfies [string, string]] : []),
    ...(prompt === '' ? [] : [['prompt', prompt] satisfies [string, string]]),
  ];
}
