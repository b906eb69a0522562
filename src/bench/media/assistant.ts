/** The assistant that answers the calls of this benchmark, over streams. */
import { DEMO_STREAM_NUMBER } from '../../demo/demo-config.ts';
import type { Database } from '../../db/pool.ts';
import { seedDefaults } from '../../db/seed.ts';
import { newId } from '../../ids.ts';
import { demoAssistant } from '../../orchestrator/index.ts';
import type { Delays } from './delays.ts';

export const GREETING = 'Good morning, this is the house by the river.';
export const NUMBER = DEMO_STREAM_NUMBER;
export const ASSISTANT_ID = 'asst_bench_media';

/** Everything as by default, but for what has to be known of it, and without anything said while it thinks. */
export async function putAssistant(owner: Database, { endpointing }: Delays): Promise<void> {
  await seedDefaults(owner, {
    number: { id: newId('pn'), number: NUMBER },
    assistant: {
      ...demoAssistant,
      id: ASSISTANT_ID,
      name: 'Benchmark',
      firstMessage: GREETING,
      mode: 'stream',
      // Who has finished waits for the others, and is not to be asked whether he is still there.
      listen: { ...demoAssistant.listen, timeoutSeconds: 60 },
      stream: { endpointing: { afterPunctuation: endpointing }, filler: { phrases: [] } },
    },
  });
}
