/** The speech services of a process, as the configuration has them. */
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { countSpeechTry, watchSpeechBreakers } from './metrics/speech-metrics.ts';
import {
  createRecognisers,
  createVoices,
  findLocalPrograms,
  type Recognisers,
  type Voices,
} from './speech/index.ts';

export interface SpeechServices {
  recognisers: Recognisers;
  voices: Voices;
}

/**
 * Connects nowhere yet. An account at a vendor can be asked by an assistant that names it, also outside
 * of the usual chain.
 */
export function createSpeechServices({ models }: Pick<Config, 'models'>, log: Log): SpeechServices {
  const { stt, tts, openai, deepgram, elevenlabs, local } = models;
  const recognisers = createRecognisers({
    stt,
    ...account('deepgram', deepgram, { model: deepgram.sttModel }),
    ...account('openai', openai, { model: openai.sttModel }),
    onTry: (question) => countSpeechTry('recogniser', question),
    onDeaf: () =>
      log.warn(
        'somebody speaks whom the demo recogniser cannot understand: it knows the simulated telephone alone; name another one in VOCA_STT',
      ),
  });
  const programs = findLocalPrograms(local.path);
  if (programs.length === 0 && tts.includes('local')) {
    log.warn(
      'VOCA_TTS names local, and neither flite nor espeak-ng is on the PATH: install one, or that voice is left out',
    );
  }
  const voices = createVoices({
    tts,
    ...account('deepgram', deepgram, { model: deepgram.ttsModel }),
    ...account('openai', openai, { model: openai.ttsModel, voice: openai.ttsVoice }),
    ...account('elevenlabs', elevenlabs, { model: elevenlabs.model, voice: elevenlabs.voice }),
    programs,
    ...(local.voice !== undefined && { localVoice: local.voice }),
    onTry: (question) => countSpeechTry('voice', question),
  });
  watchSpeechBreakers('recogniser', () => recognisers.breakers());
  watchSpeechBreakers('voice', () => voices.breakers());
  return { recognisers, voices };
}

/** Nothing without a key. */
function account<Name extends string, Rest extends object>(
  name: Name,
  { apiKey, baseUrl }: { apiKey?: string; baseUrl?: string },
  rest: Rest,
): { [key in Name]?: { apiKey: string; baseUrl?: string } & Rest } {
  if (apiKey === undefined) return {};
  const made = { apiKey, ...(baseUrl !== undefined && { baseUrl }), ...rest };
  return { [name]: made } as { [key in Name]?: typeof made };
}
