/** Starts the voice server in a process of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { VoiceBehaviour } from './voice-server.ts';

export interface VoiceProcess {
  /** For `ELEVENLABS_BASE_URL` and `DEEPGRAM_BASE_URL`. */
  origin: string;
  /** For measuring what the server itself costs. */
  pid: number;
  stop(): Promise<void>;
}

/** @throws when the process fails */
export async function startVoices(
  behaviour: VoiceBehaviour = { kind: 'speak' },
): Promise<VoiceProcess> {
  const child = fork(join(import.meta.dirname, 'main.js'), [], { execArgv: [] });
  const told = once(child, 'message') as Promise<[string]>;
  const gone = once(child, 'exit').then(() => undefined);
  child.send(behaviour, () => undefined);
  const answer = await Promise.race([told, gone]);
  if (!answer) throw new Error('The process of the voice server has ended.');
  return { origin: answer[0], pid: child.pid ?? 0, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
