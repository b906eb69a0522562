/** Speech services: what is exported here is all that other parts may use. */
export {
  createRecognisers,
  type RecogniserAccount,
  type RecogniserConfig,
  type Recognisers,
} from './create-recognisers.ts';
export { createVoices, type VoiceAccount, type VoiceConfig, type Voices } from './create-voices.ts';
export { SpeechError, type SpeechErrorKind } from './speech-error.ts';
export type { SpeechTry } from './speech-try.ts';
export type {
  ListenOptions,
  RecogniserAbilities,
  RecogniserEvent,
  RecogniserSession,
  SpeechToText,
} from './stt.ts';
export type { SpeakOptions, TextToSpeech, VoiceAbilities } from './tts.ts';
export { findLocalPrograms, type LocalProgram } from './voices/local-programs.ts';
