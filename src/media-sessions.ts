/** What leads the conversations of a media worker, put together. */
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import type { Sessions } from './media/media-worker.ts';
import { createSessions } from './media/session/index.ts';
import { createTicker, MONOTONIC } from './media/ticker.ts';
import { createVoiceActivity } from './media/voice-activity/index.ts';
import { countUnderrun, observeBeat } from './metrics/media-metrics.ts';
import { observeTurn } from './metrics/turn-metrics.ts';
import { openOrchestrator } from './models.ts';
import { createSpeechServices } from './speech-services.ts';
import type { StreamDoor } from './stream-gateway.ts';

/** Ready when voice activity is: the first caller is not the one who waits for it, or for the models. */
export async function openSessions(config: Config, log: Log, door: StreamDoor): Promise<Sessions> {
  const { recognisers, voices } = createSpeechServices(config, log);
  const voiceActivity = createVoiceActivity({ log });
  const ticker = createTicker({ onBeat: observeBeat });
  const orchestrator = openOrchestrator(config);
  // Loads the vendor's library and opens a connection. When nobody can be asked, calls will say so.
  orchestrator.ready().catch(() => undefined);
  await voiceActivity.ready();
  return {
    open: createSessions({
      orchestrator,
      recognisers,
      voices,
      voiceActivity,
      ticker,
      clock: MONOTONIC,
      door,
      watch: {
        told: (news, assistantId) => {
          if (news.what === 'said' && news.reply.timings) {
            observeTurn(assistantId, news.reply.timings);
          }
        },
        underrun: ({ why, gapMs }) => countUnderrun(why, gapMs),
      },
    }),
    close: async () => {
      ticker.close();
      await voiceActivity.close();
    },
  };
}
