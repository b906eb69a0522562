/** The voice activity of all streams of a process: one model, asked about many streams at a time. */
import type { Log } from '../../log.ts';
import { CallerVoice } from './caller-voice.ts';
import { WINDOW_SAMPLES } from './chunk-queue.ts';
import { loadSilero, MAX_BATCH, type VoiceModel } from './silero-model.ts';
import type {
  VoiceActivity,
  VoiceChange,
  VoiceStream,
  VoiceStreamOptions,
} from './voice-activity-types.ts';

export interface VoiceActivityOptions {
  log?: Log;
  /** Silero, unless something else is to be asked. */
  load?: () => Promise<VoiceModel>;
}

/** Chunks that are complete wait so long for those of other streams: a batch costs far less. */
const BATCH_MS = 5;
/** After so many failures in a row the model is not asked any more. */
const MAX_FAILURES = 3;

export function createVoiceActivity(options: VoiceActivityOptions = {}): VoiceActivity {
  return new SharedDetector(options);
}

class SharedDetector implements VoiceActivity {
  readonly #log: Log | undefined;
  readonly #load: () => Promise<VoiceModel>;
  #loading: Promise<void> | undefined;
  #model: VoiceModel | undefined;
  #failures = 0;
  /** Streams with a complete chunk, the longest waiting first. */
  readonly #due = new Set<CallerVoice>();
  readonly #windows = new Float32Array(MAX_BATCH * WINDOW_SAMPLES);
  #work: 'idle' | 'collecting' | 'running' | 'closed' = 'idle';

  constructor(options: VoiceActivityOptions) {
    this.#log = options.log;
    this.#load = options.load ?? loadSilero;
  }

  get method(): 'model' | 'energy' {
    return this.#model ? 'model' : 'energy';
  }

  ready(): Promise<void> {
    this.#loading ??= this.#loadModel();
    return this.#loading;
  }

  async #loadModel(): Promise<void> {
    try {
      const model = await this.#load();
      if (this.#work === 'closed') await model.close();
      else this.#model = model;
    } catch (error) {
      this.#log?.warn('voice activity: no model, the energy of the audio decides', {
        error,
      });
    }
  }

  open(onVoice: (change: VoiceChange) => void, options: VoiceStreamOptions = {}): VoiceStream {
    const tell = (change: VoiceChange) => {
      try {
        onVoice(change);
      } catch (error) {
        // The other streams of the batch are not to pay for it.
        this.#log?.error('voice activity: a listener failed', { error });
      }
    };
    return new CallerVoice((voice) => this.#collect(voice), tell, options);
  }

  #collect(voice: CallerVoice): void {
    if (this.#work === 'closed') return;
    this.#due.add(voice);
    if (this.#work !== 'idle') return;
    this.#work = 'collecting';
    setTimeout(() => void this.#run(), BATCH_MS);
  }

  async #run(): Promise<void> {
    if (this.#work === 'closed') return;
    this.#work = 'running';
    while (this.#due.size > 0) {
      const batch = this.#takeBatch();
      if (batch.length > 0) await this.#askModel(batch);
    }
    if (!this.#isClosed) this.#work = 'idle';
  }

  get #isClosed(): boolean {
    return this.#work === 'closed';
  }

  /** One chunk of each stream; what follows in a stream needs the model's answer to it. */
  #takeBatch(): CallerVoice[] {
    const batch: CallerVoice[] = [];
    for (const voice of this.#due) {
      if (batch.length === MAX_BATCH) break;
      const at = batch.length * WINDOW_SAMPLES;
      this.#due.delete(voice);
      if (voice.take(this.#windows.subarray(at, at + WINDOW_SAMPLES))) batch.push(voice);
    }
    return batch;
  }

  async #askModel(batch: readonly CallerVoice[]): Promise<void> {
    const probabilities = await this.#probabilities(batch);
    if (this.#isClosed) return;
    for (const [index, voice] of batch.entries()) {
      voice.judge(probabilities?.[index]);
      if (voice.hasChunk) this.#due.add(voice);
    }
  }

  async #probabilities(batch: readonly CallerVoice[]): Promise<Float32Array | undefined> {
    try {
      const states = batch.map((voice) => voice.state);
      const probabilities = await this.#model?.run(this.#windows, states);
      this.#failures = 0;
      return probabilities;
    } catch (error) {
      this.#failures += 1;
      if (this.#failures === MAX_FAILURES) await this.#giveUp(error);
      return undefined;
    }
  }

  async #giveUp(error: unknown): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    this.#log?.warn('voice activity: the model failed, the energy of the audio decides', {
      error,
    });
    await model?.close().catch(() => {});
  }

  async close(): Promise<void> {
    this.#work = 'closed';
    this.#due.clear();
    const model = this.#model;
    this.#model = undefined;
    await model?.close();
  }
}
