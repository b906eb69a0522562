import { rmSync } from 'node:fs';

/** Stops the servers of the test run and removes their data. */
export default async function tearDown(): Promise<void> {
  const running = globalThis.vocaTestStack;
  if (!running) return;
  await running.stack.stop();
  rmSync(running.dataDir, { recursive: true, force: true });
  globalThis.vocaTestStack = undefined;
}
