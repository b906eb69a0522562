/** What every voice must do, whatever stands behind it. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mulawMs } from '../../src/audio/mulaw.ts';
import { SpeechError } from '../../src/speech/speech-error.ts';
import type { SpeakOptions, TextToSpeech } from '../../src/speech/tts.ts';

export interface VoiceUnderTest {
  voice: TextToSpeech;
  /** What it holds of the machine: connections in the middle of an answer, processes. */
  held(): number;
  close(): Promise<void>;
}

export const CLAUSE = 'Good morning, how can I help you today?';
/** Stands in hostile texts, and must never stand in an error. */
const WORD = 'canaryword';

const HOSTILE: [string, string][] = [
  ['an option', `-o /etc/x ${WORD}`],
  ['options alone', '--help'],
  ['SSML', `<speak><break time="10s"/><audio src="file:///etc/passwd"/>${WORD}</speak>`],
  ['phonemes of espeak-ng', `[[h@'loU]] ${WORD}`],
  ['a shell', `$(touch /tmp/x); \`id\` && ${WORD} | cat > /tmp/x`],
  ['control characters', `one\u0000two\u0007\u001b[31m${WORD}\r\n\u0085three`],
  ['halves of characters', `half \ud83d and \udc4b ${WORD}`],
  ['another script', `你好 ${WORD} привет مرحبا`],
  ['10 kB', `${WORD} and more words, `.repeat(420)],
  ['10 kB without a space', 'a'.repeat(10_000)],
];
const SILENT: [string, string][] = [
  ['nothing', ''],
  ['spaces', ' \n\t '],
  ['emoji alone', '👋🏽 🎉'],
  ['punctuation alone', '… – !?'],
  ['markup alone', '<break time="3s"/>'],
];

export function conformance(name: string, start: () => Promise<VoiceUnderTest>): void {
  describe(`${name}: what every voice does`, () => {
    let under: VoiceUnderTest;

    beforeEach(async () => {
      under = await start();
    });

    afterEach(async () => {
      await under.close();
    });

    test('speaks a clause for as long as people would, as mu-law', async () => {
      const { pieces, audio } = await spoken(under.voice, CLAUSE);
      expect(mulawMs(audio.length)).toBeGreaterThan(1_000);
      expect(mulawMs(audio.length)).toBeLessThan(8_000);
      expect(pieces.every((piece) => piece instanceof Uint8Array && piece.length > 0)).toBe(true);
      // Taken for something else, samples would be as loud as noise: here most are quieter than that.
      const quiet = audio.filter((byte) => (byte & 0x70) >= 0x20).length;
      expect(quiet / audio.length).toBeGreaterThan(0.5);
      expect(new Set(audio).size).toBeGreaterThan(20);
      await nothingHeld(under);
    });

    test('says more in a longer time', async () => {
      const short = await spoken(under.voice, 'Yes, of course.');
      const long = await spoken(
        under.voice,
        `${CLAUSE} We are open from nine to five, on Sundays too.`,
      );
      expect(long.audio.length).toBeGreaterThan(2 * short.audio.length);
    });

    test.each(HOSTILE)('speaks %s as words, or not at all', async (_what, text) => {
      const { audio } = await spoken(under.voice, text);
      expect(audio.length).toBeGreaterThan(0);
      expect(mulawMs(audio.length)).toBeLessThan(150_000);
      await nothingHeld(under);
    });

    test.each(SILENT)('says nothing to %s, without an error', async (_what, text) => {
      expect((await spoken(under.voice, text)).audio.length).toBe(0);
    });

    test('is not begun for who does not want it any more', async () => {
      const error = await failure(under.voice, { signal: AbortSignal.abort() });
      expect(error).toMatchObject({ name: 'SpeechError', kind: 'timeout' });
      await nothingHeld(under);
    });

    test('stops at once when it is not wanted any more, before the first audio', async () => {
      const stop = new AbortController();
      setImmediate(() => stop.abort());
      const startedAt = performance.now();
      const error = await failure(under.voice, { signal: stop.signal }, CLAUSE.repeat(9));
      expect(error === undefined || error.kind === 'timeout').toBe(true);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      await nothingHeld(under);
    });

    test('stops in the middle, and lets go of everything', async () => {
      const stop = new AbortController();
      const pieces = under.voice.speak(CLAUSE, options({ signal: stop.signal }));
      const reader = pieces[Symbol.asyncIterator]();
      expect((await reader.next()).done).toBe(false);
      stop.abort();
      await expect(drained(reader)).rejects.toMatchObject({ kind: 'timeout' });
      await nothingHeld(under);
    });

    test('lets go of everything when it is not wanted any more and nobody reads on', async () => {
      const stop = new AbortController();
      const pieces = under.voice.speak(CLAUSE, options({ signal: stop.signal }));
      expect((await pieces[Symbol.asyncIterator]().next()).done).toBe(false);
      stop.abort();
      await nothingHeld(under);
    });

    test('lets go of everything when nobody reads on', async () => {
      for await (const piece of under.voice.speak(CLAUSE, options())) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      await nothingHeld(under);
    });

    test('speaks for many at the same time, each his own words', async () => {
      const texts = Array.from({ length: 12 }, (_, at) => `Caller ${at}. ${'Hello. '.repeat(at)}`);
      const all = await Promise.all(texts.map((text) => spoken(under.voice, text)));
      const lengths = all.map(({ audio }) => audio.length);
      expect([...lengths].sort((a, b) => a - b).at(-1)).toBe(lengths.at(-1));
      expect(lengths.every((length) => length > 0)).toBe(true);
      await nothingHeld(under);
    });
  });
}

export function options(given: Partial<SpeakOptions> = {}): SpeakOptions {
  return { language: 'en-US', signal: new AbortController().signal, ...given };
}

export async function spoken(
  voice: TextToSpeech,
  text: string,
  given: Partial<SpeakOptions> = {},
): Promise<{ pieces: Uint8Array[]; audio: Uint8Array }> {
  const pieces: Uint8Array[] = [];
  for await (const piece of voice.speak(text, options(given))) pieces.push(piece);
  return { pieces, audio: Buffer.concat(pieces) };
}

/** What it threw; an error that could stand in a log. */
export async function failure(
  voice: TextToSpeech,
  given: Partial<SpeakOptions> = {},
  text = `${CLAUSE} ${WORD}`,
): Promise<SpeechError | undefined> {
  const error = await spoken(voice, text, { ...given, previous: `Before: ${WORD}.` }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(SpeechError);
  const seen = `${inspect(error, { depth: 9 })} ${JSON.stringify(error)} ${(error as SpeechError).message}`;
  expect(seen).not.toMatch(/canary|Good morning/);
  return error as SpeechError;
}

async function drained(reader: AsyncIterator<Uint8Array>): Promise<void> {
  while (!(await reader.next()).done);
}

/** Sockets and processes go a moment after who used them. */
export async function nothingHeld(under: Pick<VoiceUnderTest, 'held'>): Promise<void> {
  const until = performance.now() + 5_000;
  while (under.held() > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(under.held()).toBe(0);
}
