/**
 * Where an instance on this machine can be reached, written by its supervisor, so that the `voca`
 * command works beside `npm start` and `npm run demo` without being told anything.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const instance = z.object({
  /** Of the supervisor. */
  pid: z.number(),
  temporalAddress: z.string(),
  namespace: z.string(),
  temporalUiUrl: z.string().optional(),
  apiUrl: z.string(),
  /** Of an embedded PostgreSQL; its password is in the data folder. */
  databasePort: z.number().optional(),
  accountSid: z.string(),
  phoneNumber: z.string(),
  /**
   * The id of the key with which it seals, which says nothing of the key; left out when it seals
   * nothing. A command that writes compares its own.
   */
  sealingKeyId: z.string().optional(),
});

export type RunningInstance = z.infer<typeof instance>;

function fileOf(dataDir: string): string {
  return join(dataDir, 'run', 'voca.json');
}

/** Readable for the owner only: it names the account and the number. */
export function announceInstance(dataDir: string, running: RunningInstance): void {
  const file = fileOf(dataDir);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
}

export function withdrawInstance(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true });
}

/** The instance of a data folder if its supervisor lives. */
export function findInstance(dataDir: string): RunningInstance | undefined {
  try {
    const running = instance.parse(JSON.parse(readFileSync(fileOf(dataDir), 'utf8')));
    process.kill(running.pid, 0);
    return running;
  } catch {
    return undefined; // none was announced, or it is gone
  }
}

/** The link to a call in the Temporal UI. */
export function callLink(temporalUiUrl: string, namespace: string, callId: string): string {
  return `${temporalUiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${callId}`;
}
