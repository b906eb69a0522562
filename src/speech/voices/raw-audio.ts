/** A vendor's answer over HTTP as bytes of raw audio, or the reason why it is none. */
import { failureOfStatus } from '../../vendors/failure.ts';
import { makeFetch } from '../../vendors/own-fetch.ts';
import { SpeechError } from '../speech-error.ts';

/** Seconds of audio for one clause; the longest text that is sent takes less. */
export const MAX_SECONDS = 90;

export interface SpeechRequest {
  url: string;
  headers: Record<string, string>;
  body: object;
  /** Bytes of a second of the audio that is asked for. */
  bytesPerSecond: number;
  /** Who is asked, for messages: `the ElevenLabs server`. */
  server: string;
  /** Whether the report of a failure says that the account is at fault, whatever its status. */
  isAccountFailure?: (report: string) => boolean;
  signal: AbortSignal;
}

/** Types of an answer that cannot be raw audio. Others are not believed: vendors are careless there. */
const NO_AUDIO = /^\s*(?:text\/(?:html|plain|xml)|application\/(?:\S*json|xml)|audio\/(?:x-)?wav)/i;
/** What else raw audio never begins with: containers, and failures with status 200. */
const NO_AUDIO_HEADS = ['RIFF', 'OggS', 'fLaC', 'ID3', '{"', '<!', '<ht', '<?x', 'data:', 'event:'];
const HEAD = 6;

const fetchers = new Map<number, typeof fetch>();

/**
 * The bytes as they come. The connection is closed when `signal` fires and when reading stops.
 * @throws SpeechError, and what the connection throws
 */
export async function* rawAudio(request: SpeechRequest): AsyncGenerator<Uint8Array> {
  const { url, headers, body, server, signal } = request;
  const send = fetcher(request.bytesPerSecond * MAX_SECONDS);
  const response = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw await failureOfAnswer(response, request);
  const reader = response.body?.getReader();
  try {
    if (NO_AUDIO.test(response.headers.get('content-type') ?? '')) throw noAudio(server);
    if (reader) yield* pieces(reader, server);
  } finally {
    reader?.cancel().catch(() => undefined);
  }
}

/** The first piece is long enough to see what it is. */
async function* pieces(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  server: string,
): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (!head) {
      if (done) return;
      if (value.length > 0) yield value;
      continue;
    }
    if (!done) head = Buffer.concat([head, value]);
    if (!done && head.length < HEAD) continue;
    if (head.length === 0) throw new SpeechError('bad-answer', `${server} answered nothing`);
    const text = Buffer.from(head.subarray(0, HEAD)).toString('latin1').trimStart();
    if (NO_AUDIO_HEADS.some((each) => text.startsWith(each))) throw noAudio(server);
    yield head;
    head = undefined;
    if (done) return;
  }
}

async function failureOfAnswer(response: Response, request: SpeechRequest): Promise<SpeechError> {
  const { server, isAccountFailure } = request;
  const report = isAccountFailure ? await response.text().catch(() => '') : '';
  if (!isAccountFailure) await response.body?.cancel().catch(() => undefined);
  const isAccount = isAccountFailure?.(report) === true;
  const original = { headers: response.headers };
  const { kind, message, options } = failureOfStatus(response.status, original, {
    server,
    isAccount,
  });
  return new SpeechError(kind, message, options);
}

function noAudio(server: string): SpeechError {
  return new SpeechError('bad-answer', `${server} answered something else than raw audio`);
}

/** One pool of connections for each limit: all vendors of a format share it. */
function fetcher(maxBytes: number): typeof fetch {
  const known = fetchers.get(maxBytes);
  if (known) return known;
  const made = makeFetch({
    headers: ['accept', 'authorization', 'content-type', 'xi-api-key'],
    limits: {
      maxBytes,
      tooLong: () => new SpeechError('bad-answer', 'the speech server spoke without end'),
    },
  });
  fetchers.set(maxBytes, made);
  return made;
}
