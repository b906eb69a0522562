/** Speech services: what is exported here is all that other parts may use. */
export {
  createRecognisers,
  type RecogniserAccount,
  type RecogniserConfig,
  type Recognisers,
} from './create-recognisers.ts';
export { SpeechError, type SpeechErrorKind } from './speech-error.ts';
export type { SpeechTry } from './speech-try.ts';
export type {
  ListenOptions,
  RecogniserAbilities,
  RecogniserEvent,
  RecogniserSession,
  SpeechToText,
} from './stt.ts';
