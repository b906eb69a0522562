import type { StreamTimes } from './deepgram-stream.ts';

/** What the process of the recognition servers is asked for, with its first message. */
export interface RecognitionOrder {
  deepgram?: Partial<StreamTimes>;
  transcription?: { answerMs?: number };
}

/** Its answer: base URLs. */
export interface RecognitionUrls {
  deepgram: string;
  transcription: string;
}
