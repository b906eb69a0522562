/**
 * The vendors in a process of their own: a recogniser, a voice and a model, each with a delay that is set.
 * The first message is the delays, its own says where they are. It ends with whoever started it.
 */
import { startDeepgramServer } from '../recognition/deepgram-server.ts';
import { startVoiceServer } from '../voices/voice-server.ts';
import type { Delays } from './delays.ts';
import { startModelServer } from './model-server.ts';
import type { VendorUrls } from './start-vendors.ts';

async function start({ recogniser, model, voice }: Delays): Promise<VendorUrls> {
  const [deepgram, voices, llm] = await Promise.all([
    startDeepgramServer({ partialMs: recogniser, finalMs: recogniser }),
    startVoiceServer({ behaviour: { kind: 'speak', afterMs: voice }, keepLog: false }),
    startModelServer(model),
  ]);
  return { recogniser: deepgram.baseUrl, voice: voices.origin, model: llm.baseUrl };
}

// A terminal tells everybody; this one ends with its parent.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit(0));
process.once('message', (message) => {
  start(message as Delays).then(
    (urls) => process.send?.(urls),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : 'The vendors failed.'}\n`);
      process.exit(1);
    },
  );
});
