/** Whom an assistant may name to be asked in its calls. */
import { invalid } from '../frame/problems.ts';
import type { AssistantContent } from './assistant-schema.ts';

export interface Providers {
  /** Language models that this instance can ask. */
  models: readonly string[];
  /** Recognition and voices that VOCA knows; the media workers have the keys. */
  recognition: readonly string[];
  speech: readonly string[];
}

/** @throws {Problem} for a provider that could not be asked in a call. */
export function checkProviders({ models, stream }: AssistantContent, known: Providers): void {
  check('/models', models, known.models);
  check('/stream/recognition', stream.recognition, known.recognition);
  check('/stream/speech', stream.speech, known.speech);
}

function check(
  path: string,
  choices: readonly { provider: string }[] | null,
  known: readonly string[],
): void {
  choices?.forEach(({ provider }, index) => {
    if (known.includes(provider)) return;
    throw invalid(
      `${path}/${index}/provider`,
      'unknown-provider',
      `This instance can ask: ${known.join(', ')}`,
    );
  });
}
