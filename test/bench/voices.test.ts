/** The voice server that benchmarks speak with. */
import { expect, test } from '@jest/globals';
import { startVoiceServer } from '../../src/bench/voices/voice-server.ts';
import { createVoices } from '../../src/speech/index.ts';
import { CLAUSE, options } from '../speech/voice-conformance.ts';

test('the first audio comes after the delay that is set, the rest at its pace', async () => {
  const behaviour = { kind: 'speak', afterMs: 120, everyMs: 30 } as const;
  const server = await startVoiceServer({ behaviour, keepLog: false });
  const deepgram = { apiKey: 'k', baseUrl: server.origin };
  const voice = createVoices({ tts: ['deepgram'], deepgram })(undefined);
  const startedAt = performance.now();
  const times: number[] = [];
  let bytes = 0;
  for await (const piece of voice.speak(CLAUSE, options())) {
    times.push(performance.now() - startedAt);
    bytes += piece.length;
  }
  expect(times[0]).toBeGreaterThanOrEqual(115);
  const pieces = Math.ceil(bytes / 1_600);
  expect(times.at(-1)).toBeGreaterThanOrEqual(115 + 28 * (pieces - 1));
  expect(server.log).toEqual([]);
  await server.close();
});
