/** The servers that benchmarks recognise with. */
import { expect, test } from '@jest/globals';
import { startDeepgramServer } from '../../src/bench/recognition/deepgram-server.ts';
import { startTranscriptionServer } from '../../src/bench/recognition/transcription-server.ts';
import { understandScript } from '../../src/bench/recognition/understanding.ts';
import { createRecognisers } from '../../src/speech/index.ts';
import { murmur, spoken } from '../speech/caller-audio.ts';
import { Listening } from '../speech/listening.ts';

const account = (baseUrl: string) => ({ apiKey: 'k', baseUrl, model: 'm' });

async function recognised(stt: 'deepgram' | 'openai', baseUrl: string, audio: Uint8Array) {
  const recogniser = createRecognisers({ stt: [stt], [stt]: account(baseUrl) })(undefined);
  const caller = new Listening(recogniser);
  caller.say(audio);
  const since = performance.now();
  caller.flush();
  await caller.flushed();
  caller.close();
  return { text: caller.text, ms: performance.now() - since };
}

test('Deepgram answers after the delay that is set', async () => {
  const server = await startDeepgramServer({ finalMs: 120 });
  const { text, ms } = await recognised('deepgram', server.baseUrl, spoken('good evening'));
  expect(text).toBe('good evening');
  expect(ms).toBeGreaterThanOrEqual(115);
  await server.close();
});

test('Deepgram understands what a script says, whatever is in the audio', async () => {
  const understanding = () => understandScript('a table for two', 100);
  const server = await startDeepgramServer({ understanding });
  const { text } = await recognised('deepgram', server.baseUrl, murmur(450));
  expect(text).toBe('a table for two');
  await server.close();
});

test('transcription answers after the delay that is set', async () => {
  const server = await startTranscriptionServer({ answerMs: 120 });
  const { text, ms } = await recognised('openai', server.baseUrl, spoken('good evening'));
  expect(text).toBe('good evening');
  expect(ms).toBeGreaterThanOrEqual(115);
  await server.close();
});
