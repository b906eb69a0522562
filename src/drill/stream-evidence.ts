/** What was said and heard over the media streams of a call, as its truth log has it. */
import type { EntryOf } from '../simulator/index.ts';
import { bareWords } from './alignment.ts';
import type { CallEvidence } from './call-evidence.ts';

export interface StreamSpan {
  streamSid: string;
  /** Twilio's words for its place in the truth log. */
  seq: number;
  startedAtMs: number;
  /** Absent: it is not over. */
  overAtMs?: number;
}

/** Something that the caller said or keyed into a stream. */
export interface StreamUtterance {
  input: 'speech' | 'dtmf';
  text: string;
  seq: number;
  endsAtMs: number;
  /** It was said to its end, and its stream went on for long enough after it. */
  isCommitted: boolean;
}

export interface StreamTalk {
  spans: readonly StreamSpan[];
  utterances: readonly StreamUtterance[];
  /** Clauses as they were heard; what was said over TwiML when streams were given up as well. */
  heard: readonly EntryOf<'heard'>[];
}

/**
 * What ends so shortly before its stream does may not be a turn yet: the longest wait for more words, and
 * a recogniser that is slow.
 */
const OPEN_MS = 5_000;

/** Undefined for a call that had no stream. */
export function streamTalkOf({ truth }: CallEvidence): StreamTalk | undefined {
  const spans = spansOf(truth);
  if (spans.length === 0) return undefined;
  const inputs = new Map(
    truth.flatMap((entry) => (entry.kind === 'spoke' ? [[entry.utteranceId, entry.input]] : [])),
  );
  const utterances = truth.flatMap((entry): StreamUtterance[] => {
    if (entry.kind !== 'stream-voice') return [];
    const { text, seq, endsAtMs, isComplete, streamSid, utteranceId } = entry;
    const input = inputs.get(utteranceId) === 'dtmf' ? 'dtmf' : 'speech';
    const overAtMs = spans.find((span) => span.streamSid === streamSid)?.overAtMs ?? Infinity;
    const isCommitted = isComplete && overAtMs - endsAtMs >= OPEN_MS;
    return [{ input, text, seq, endsAtMs, isCommitted }];
  });
  const heard = truth.filter(
    (entry): entry is EntryOf<'heard'> =>
      entry.kind === 'heard' && ['stream', 'say', 'text'].includes(entry.source),
  );
  return { spans, utterances, heard };
}

function spansOf(truth: CallEvidence['truth']): StreamSpan[] {
  const spans = new Map<string, StreamSpan>();
  for (const entry of truth) {
    if (entry.kind !== 'stream') continue;
    const { streamSid, seq, atMs, state } = entry;
    if (state === 'started') spans.set(streamSid, { streamSid, seq, startedAtMs: atMs });
    const span = spans.get(streamSid);
    if (state === 'over' && span) span.overAtMs ??= atMs;
  }
  return [...spans.values()];
}

/** A word that the caller heard, and the place of its clause in the truth log. */
export interface HeardWord {
  word: string;
  seq: number;
}

export function heardWords({ heard }: StreamTalk): HeardWord[] {
  return heard.flatMap(({ text, seq }) => bareWords(text).map((word) => ({ word, seq })));
}
