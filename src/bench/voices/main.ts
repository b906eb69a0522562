/**
 * The voice server in a process of its own, so that what it costs is not counted as ours. The first
 * message is how it answers; its own says where it is; it ends with whoever started it.
 */
import { startVoiceServer, type VoiceBehaviour } from './voice-server.ts';

// A terminal tells everybody; this one ends with its parent.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit(0));
process.once('message', (message) => {
  startVoiceServer({ behaviour: message as VoiceBehaviour, keepLog: false })
    .then(({ origin }) => process.send?.(origin))
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : 'The server failed.'}\n`);
      process.exit(1);
    });
});
