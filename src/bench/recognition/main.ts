/**
 * Recognition servers in a process of their own, so that what they cost is not counted as ours. The
 * first message is the order; the answer says where they are; they end with whoever started them.
 */
import { startDeepgramServer } from './deepgram-server.ts';
import type { RecognitionOrder, RecognitionUrls } from './order.ts';
import { startTranscriptionServer } from './transcription-server.ts';

// A terminal tells everybody; this one ends with its parent.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit(0));
process.once('message', (message) => {
  const order = message as RecognitionOrder;
  Promise.all([startDeepgramServer(order.deepgram), startTranscriptionServer(order.transcription)])
    .then(([deepgram, transcription]) => {
      const urls = { deepgram: deepgram.baseUrl, transcription: transcription.baseUrl };
      process.send?.(urls satisfies RecognitionUrls);
    })
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : 'The servers failed.'}\n`);
      process.exit(1);
    });
});
