/** What Deepgram's live transcription says: the messages of `/v1/listen` that matter here. */
import { z } from 'zod';
import { SpeechError } from '../speech-error.ts';
import { recognisedText } from './recognised-text.ts';

export const DEEPGRAM = 'the recogniser Deepgram';

export interface DeepgramResult {
  text: string;
  confidence?: number;
  isFinal: boolean;
  /** It comes because everything was asked for with `Finalize`. */
  isFlush: boolean;
  /** Of the audio that was sent, all that this result covers ends there. */
  untilMs?: number;
}

/** Seconds from the first audio of the connection; no call lasts longer than a day. */
const seconds = z.number().nonnegative().max(86_400).optional().catch(undefined);

const resultsSchema = z.object({
  is_final: z.boolean().optional(),
  from_finalize: z.boolean().optional(),
  start: seconds,
  duration: seconds,
  channel: z.object({
    alternatives: z.array(
      z.object({
        transcript: z.string(),
        confidence: z.number().min(0).max(1).optional().catch(undefined),
      }),
    ),
  }),
});

const typeSchema = z.object({ type: z.string().optional().catch(undefined) });

/**
 * Undefined for messages that are no results: Metadata, SpeechStarted, UtteranceEnd, and what may come.
 * @throws SpeechError for an Error message, and for what is no such message at all.
 */
export function readDeepgram(raw: string): DeepgramResult | undefined {
  const json = parsed(raw);
  const type = typeSchema.safeParse(json).data?.type;
  if (type === 'Error') throw new SpeechError('unavailable', `${DEEPGRAM} reported an error`);
  if (type === undefined) throw unknownForm();
  if (type !== 'Results') return undefined;
  const { data } = resultsSchema.safeParse(json);
  if (!data) throw unknownForm();
  const { start, duration, channel } = data;
  const [best] = channel.alternatives;
  return {
    text: recognisedText(best?.transcript ?? '', DEEPGRAM),
    ...(best?.confidence !== undefined && { confidence: best.confidence }),
    isFinal: data.is_final ?? false,
    isFlush: data.from_finalize ?? false,
    ...(start !== undefined &&
      duration !== undefined && { untilMs: Math.round((start + duration) * 1000) }),
  };
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    throw unknownForm();
  }
}

function unknownForm(): SpeechError {
  return new SpeechError('bad-answer', `${DEEPGRAM} answered in an unknown form`);
}
