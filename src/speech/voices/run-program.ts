/** Runs a program that speaks: words in, a WAV file out, and nothing left of it afterwards. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpeechError } from '../speech-error.ts';
import type { Invocation } from './local-programs.ts';

/** Bytes of 90 s at 22.05 kHz. */
const MAX_BYTES = 4_000_000;
/** A clause takes some 50 ms; one that takes this long never ends. */
const TIME_LIMIT_MS = 10_000;

/**
 * @returns the file, when the program has ended
 * @throws SpeechError; when `signal` fires, as soon as the program is gone
 */
export async function runProgram(
  invocation: Invocation,
  words: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const file = invocation.output === 'file' ? await namelessFile() : undefined;
  try {
    const output = await ended(started(invocation, file), words, signal);
    return file ? await contentsOf(file) : output;
  } finally {
    await file?.close();
  }
}

/** Open, and without a name already: whatever dies, no speech is left on the disk. */
async function namelessFile(): Promise<FileHandle> {
  const path = join(tmpdir(), `voca-${randomUUID()}.wav`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function contentsOf(file: FileHandle): Promise<Uint8Array> {
  const { size } = await file.stat();
  if (size > MAX_BYTES) throw new SpeechError('bad-answer', 'the local voice spoke without end');
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, 0);
  return bytes;
}

function started({ path, args }: Invocation, file: FileHandle | undefined): ChildProcess {
  return spawn(path, args, {
    stdio: ['pipe', file ? 'ignore' : 'pipe', 'ignore', ...(file ? [file.fd] : [])],
    // No keys, no address of a database.
    env: { LC_ALL: 'C.UTF-8' },
  });
}

async function ended(child: ChildProcess, words: string, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  // Not that of `spawn`: it is left running when there is no such program.
  const limit = setTimeout(kill, TIME_LIMIT_MS);
  child.stdout?.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MAX_BYTES) kill();
    else pieces.push(piece);
  });
  // It may end before it has read everything.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(`${words}\n`);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (signal.aborted) throw new SpeechError('timeout', 'the local voice was stopped');
    if (bytes > MAX_BYTES) throw new SpeechError('bad-answer', 'the local voice spoke without end');
    if (code === null) throw new SpeechError('unavailable', 'the local voice was killed');
    if (code !== 0) throw new SpeechError('refused', 'the local voice refused its work');
    return Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof SpeechError) throw error;
    throw new SpeechError('unavailable', 'the local voice could not be started', {
      original: error,
    });
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', kill);
  }
}
