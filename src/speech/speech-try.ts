import type { SpeechErrorKind } from './speech-error.ts';

/** What came of asking one provider of speech services, for metrics. */
export interface SpeechTry {
  /** As the configuration names it. */
  provider: string;
  /** Provider and model. */
  name: string;
  /** `skipped`: known to be out of order, and not asked. `unused`: another one was quicker. */
  outcome: 'answered' | 'skipped' | 'unused' | SpeechErrorKind;
  /** Until the answer or the failure. */
  ms: number;
}
