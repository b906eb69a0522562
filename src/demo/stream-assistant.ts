import { createDatabase } from '../db/pool.ts';
import { seedDefaults } from '../db/seed.ts';
import { newId } from '../ids.ts';
import { demoAssistant } from '../orchestrator/index.ts';
import { DEMO_STREAM_NUMBER } from './demo-config.ts';

/** Always the same, so that every demo finds the one of the first. */
const STREAM_ASSISTANT_ID = 'asst_stream';

/** Who types is silent for longer than who speaks. */
const TYPING_SECONDS = 15;

/** Lets the demo's assistant answer another number as well, over a stream of audio. */
export async function putStreamAssistant(databaseUrl: string): Promise<void> {
  const db = createDatabase({
    url: databaseUrl,
    applicationName: 'voca-demo',
    maxConnections: 1,
  });
  try {
    await seedDefaults(db, {
      number: { id: newId('pn'), number: DEMO_STREAM_NUMBER },
      assistant: {
        ...demoAssistant,
        id: STREAM_ASSISTANT_ID,
        name: `${demoAssistant.name}, live`,
        mode: 'stream',
        listen: { ...demoAssistant.listen, timeoutSeconds: TYPING_SECONDS },
      },
    });
  } finally {
    await db.destroy();
  }
}
