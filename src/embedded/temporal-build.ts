import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { findExecutable, isExecutable, pathFolders } from './find-executable.ts';
import { lockInstance } from './instance-lock.ts';
import type { InstanceLock } from './instance-lock.ts';
import { toolEnv } from './machine.ts';
import type { MachineEnv } from './machine.ts';
import { poll } from './poll.ts';
import type { Progress } from './progress.ts';
import { TEMPORAL_CLI_MODULE, TEMPORAL_CLI_VERSION } from './temporal-version.ts';

const OLDEST_GO = 21;
const BUILD_TIMEOUT_MS = 30 * 60_000;
const LIVE_EVERY_MS = 500;
/** Lines of Go's output that are kept to explain a failure. */
const KEPT_LINES = 12;

const run = promisify(execFile);

export interface BuildOptions {
  /** Why it is built, in place of that there is none. */
  why?: string;
  /** Arguments of `go install` that depend on the Go that builds; asked for when it is to build. */
  flags?: (goRoot: string) => string[];
}

/**
 * Builds the Temporal CLI from its published Go module. Takes minutes, once: the result is kept in
 * the cache. Two processes that want it at the same time share one build.
 * @throws when there is no Go, or the build fails (with Go's own reason).
 */
export async function buildTemporal(
  target: string,
  env: MachineEnv,
  progress: Progress,
  { why = 'No Temporal server on this machine', flags }: BuildOptions = {},
): Promise<string> {
  if (isExecutable(target)) return target;
  const go = await findGo(env);
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true });
  const lock = await waitForTurn(folder, progress);
  try {
    // Another process may have built it while we waited.
    if (isExecutable(target)) return target;
    const draft = join(folder, 'build');
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft);
    const startedAtMs = Date.now();
    progress.say(
      `${why}: building version ${TEMPORAL_CLI_VERSION} with Go. This takes some minutes, once.`,
    );
    const given = flags ? flags(await rootOf(go, env)) : [];
    await install({ go, bin: draft, env, progress, flags: given });
    const program = join(draft, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
    chmodSync(program, 0o755);
    renameSync(program, target);
    rmSync(draft, { recursive: true, force: true });
    progress.say(`Built the Temporal server in ${seconds(startedAtMs)} s.`);
    return target;
  } finally {
    lock.release();
  }
}

async function findGo(env: MachineEnv): Promise<string> {
  const go = findExecutable('go', [...pathFolders(env), '/usr/local/go/bin', '/opt/homebrew/bin']);
  if (go === undefined) throw new Error('Go is not installed');
  const { stdout } = await run(go, ['version'], { timeout: 15_000, env: toolEnv(env) });
  const minor = Number(/go1\.(\d+)/.exec(stdout)?.[1]);
  if (minor < OLDEST_GO) throw new Error(`Go 1.${OLDEST_GO} or newer is needed (${stdout.trim()})`);
  return go;
}

async function rootOf(go: string, env: MachineEnv): Promise<string> {
  const { stdout } = await run(go, ['env', 'GOROOT'], { timeout: 15_000, env: toolEnv(env) });
  return stdout.trim();
}

async function waitForTurn(folder: string, progress: Progress): Promise<InstanceLock> {
  const startedAtMs = Date.now();
  const lock = await poll(
    async () => {
      try {
        return await lockInstance(folder);
      } catch {
        progress.live(`Another process builds the Temporal server (${seconds(startedAtMs)} s) ...`);
        return undefined;
      }
    },
    { deadlineMs: BUILD_TIMEOUT_MS, everyMs: LIVE_EVERY_MS },
  );
  if (!lock) throw new Error('another process has been building it for half an hour');
  return lock;
}

interface Installation {
  go: string;
  /** The folder for the program. */
  bin: string;
  env: MachineEnv;
  progress: Progress;
  flags: readonly string[];
}

function install({ go, bin, env, progress, flags }: Installation): Promise<void> {
  return new Promise((resolve, reject) => {
    // -v names each package when it is compiled: the sign of life.
    const child = spawn(go, ['install', '-v', ...flags, TEMPORAL_CLI_MODULE], {
      cwd: bin,
      // What was changed in the sources of one Go must not be built by another one.
      env: {
        GOTOOLCHAIN: 'auto',
        ...toolEnv(env),
        GOBIN: bin,
        ...(flags.length > 0 && { GOTOOLCHAIN: 'local' }),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: BUILD_TIMEOUT_MS,
    });
    const startedAtMs = Date.now();
    const lines: string[] = [];
    const show = () => {
      const doing = lines.at(-1) ?? 'starting';
      progress.live(`Building the Temporal server: ${seconds(startedAtMs)} s, ${doing}`);
    };
    const timer = setInterval(show, LIVE_EVERY_MS);
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line.replace(/^go: /, ''));
      if (lines.length > KEPT_LINES) lines.shift();
    });
    const stop = () => child.kill('SIGTERM');
    process.once('exit', stop);
    const end = (error?: Error) => {
      clearInterval(timer);
      process.off('exit', stop);
      if (error) reject(error);
      else resolve();
    };
    child.once('error', end);
    child.once('close', (code, signal) => {
      if (code === 0) return end();
      end(new Error(`go install failed (${code ?? signal}): ${lines.slice(-3).join('; ')}`));
    });
  });
}

function seconds(startedAtMs: number): number {
  return Math.round((Date.now() - startedAtMs) / 1000);
}
