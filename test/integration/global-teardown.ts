import { rmSync } from 'node:fs';

/** Stops the servers of the test run and removes their data. */
export default async function tearDown(): Promise<void> {
  const running = globalThis.vocaTestStacks ?? [];
  globalThis.vocaTestStacks = undefined;
  await Promise.all(
    running.map(async ({ stack, dataDir }) => {
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }),
  );
}
