/** What `/v1/audio/transcriptions` answers. */
import { z } from 'zod';
import { failureOfStatus } from '../../vendors/failure.ts';
import { SpeechError } from '../speech-error.ts';
import { recognisedText } from './recognised-text.ts';

export const TRANSCRIPTION = 'the transcription server';

const answerSchema = z.object({ text: z.string() });
const failureSchema = z.object({ error: z.object({ code: z.unknown() }) });

/** @throws SpeechError for something else */
export function readTranscription(raw: string): string {
  const { data } = answerSchema.safeParse(parsed(raw));
  if (!data) {
    throw new SpeechError('bad-answer', `${TRANSCRIPTION} answered in an unknown form`);
  }
  return recognisedText(data.text, TRANSCRIPTION);
}

/** @throws SpeechError, always */
export async function throwStatus(response: Response): Promise<never> {
  const body = await response.text().catch(() => '');
  // An account without money answers 429 as well.
  const code = failureSchema.safeParse(parsed(body)).data?.error.code;
  const { kind, message, options } = failureOfStatus(response.status, response, {
    server: TRANSCRIPTION,
    isAccount: code === 'insufficient_quota',
  });
  throw new SpeechError(kind, message, options);
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
