import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { reasonOf } from './embedded-error.ts';
import type { Progress } from './progress.ts';

/** Where the Temporal SDKs get their development server, and how they ask for it. */
const DOWNLOAD_URL = 'https://temporal.download/cli/default';
const SDK_VERSION = '1.24.0';

/** A machine without a way out is told so within these. */
const ANSWER_TIMEOUT_MS = 4000;
const STALL_TIMEOUT_MS = 10_000;
const UNPACK_TIMEOUT_MS = 120_000;

const run = promisify(execFile);

interface DownloadInfo {
  archiveUrl: string;
  fileToExtract: string;
}

/**
 * Downloads the development server that the Temporal SDK of this version uses.
 * @param target the program's final path; it appears there only when complete
 * @throws within seconds when the download service cannot be reached.
 */
export async function downloadTemporal(
  target: string,
  progress: Progress,
  url = DOWNLOAD_URL,
): Promise<string> {
  progress.live('Looking for a Temporal server to download ...');
  const info = await askForArchive(url);
  const draft = join(dirname(target), `download-${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(draft, { recursive: true });
  try {
    const archive = join(draft, 'archive.tar.gz');
    await fetchFile(info.archiveUrl, archive, progress);
    await run('tar', ['-xzf', archive, '-C', draft, info.fileToExtract], {
      timeout: UNPACK_TIMEOUT_MS,
    });
    const program = join(draft, info.fileToExtract);
    chmodSync(program, 0o755);
    await run(program, ['--version'], { timeout: 15_000 });
    renameSync(program, target);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  progress.say('Downloaded a Temporal server.');
  return target;
}

async function askForArchive(url: string): Promise<DownloadInfo> {
  const query = new URLSearchParams({
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    platform: process.platform === 'win32' ? 'windows' : process.platform,
    format: 'tar.gz',
    'sdk-name': 'sdk-typescript',
    'sdk-version': SDK_VERSION,
  });
  const answer = await fetchOk(`${url}?${query.toString()}`);
  const { archiveUrl, fileToExtract } = (await answer.json()) as Partial<DownloadInfo>;
  if (typeof archiveUrl !== 'string' || typeof fileToExtract !== 'string') {
    throw new Error('the download service answered something else');
  }
  // The name becomes a path of ours.
  if (!/^[\w.-]+$/.test(fileToExtract)) throw new Error('the archive names a strange file');
  return { archiveUrl, fileToExtract };
}

/** Fetches with a limit for the beginning of the answer only. */
async function fetchOk(url: string): Promise<Response> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
  let answer: Response;
  try {
    answer = await fetch(url, { signal: abort.signal });
  } catch (error) {
    if (abort.signal.aborted) throw new Error(`no answer in ${ANSWER_TIMEOUT_MS / 1000} s`);
    throw new Error(`cannot be reached (${reasonOf(error)})`);
  } finally {
    clearTimeout(timer);
  }
  if (!answer.ok) throw new Error(`answered with status ${answer.status}`);
  return answer;
}

async function fetchFile(url: string, file: string, progress: Progress): Promise<void> {
  const answer = await fetchOk(url);
  if (!answer.body) throw new Error('the archive is empty');
  const totalBytes = Number(answer.headers.get('content-length'));
  const body = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
  const stalled = () => body.destroy(new Error('the download stalled'));
  let timer = setTimeout(stalled, STALL_TIMEOUT_MS);
  let seenBytes = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(timer);
      timer = setTimeout(stalled, STALL_TIMEOUT_MS);
      seenBytes += chunk.length;
      progress.live(`Downloading the Temporal server: ${megabytes(seenBytes, totalBytes)}`);
      done(null, chunk);
    },
  });
  try {
    await pipeline(body, watch, createWriteStream(file));
  } finally {
    clearTimeout(timer);
  }
}

function megabytes(seen: number, total: number): string {
  const mb = (bytes: number) => Math.round(bytes / 1e6);
  return total > 0 ? `${mb(seen)} of ${mb(total)} MB` : `${mb(seen)} MB`;
}
