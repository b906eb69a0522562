/** Programs written in Python, of pinned versions, kept in the project's cache. */
import { execFile } from 'node:child_process';
import type { ExecFileException } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir } from '../../../src/embedded/temporal-cache.ts';

const INSTALL_MS = 240_000;
const NAMES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];

export interface PythonTools {
  /** The interpreter. */
  python: string;
  /** To be its `PYTHONPATH`. */
  folder: string;
}

export interface Ran {
  code: number;
  output: string;
}

/** Never throws. */
export function run(
  program: string,
  args: string[],
  options: { env?: Record<string, string>; cwd?: string; timeoutMs: number },
): Promise<Ran> {
  const { PATH = '', HOME = '', ...rest } = process.env;
  const { env = {}, cwd, timeoutMs: timeout } = options;
  // The package index that the machine is told to use.
  const pip = Object.entries(rest).filter(([name]) => /^(PIP_|SSL_|https?_proxy$)/i.test(name));
  return new Promise((resolve) => {
    const done = (error: ExecFileException | null, out: string, err: string) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, output: `${out}${err}${code === -1 ? String(error?.message) : ''}` });
    };
    execFile(
      program,
      args,
      {
        env: { PATH, HOME, ...Object.fromEntries(pip), ...env } as NodeJS.ProcessEnv,
        timeout,
        maxBuffer: 64 * 1024 * 1024,
        ...(cwd !== undefined && { cwd }),
      },
      done,
    );
  });
}

/**
 * Installs what a file of requirements with hashes names, once.
 * @returns a text that says why not, where Python or the index of its packages is missing.
 */
export async function pythonTools(requirements: string): Promise<PythonTools | string> {
  const python = await findPython();
  if (python === undefined) return 'there is no Python 3.11 or newer';
  const version = (await run(python, ['--version'], { timeoutMs: 10_000 })).output.trim();
  const hash = createHash('sha256').update(version).update(readFileSync(requirements));
  const cache = cacheDir(process.env) ?? join(tmpdir(), 'voca-cache');
  const folder = join(cache, `python-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return { python, folder };
  mkdirSync(cache, { recursive: true });
  const making = mkdtempSync(join(cache, 'making-'));
  try {
    const wanted = ['--require-hashes', '--only-binary', ':all:', '-r', requirements];
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1'];
    const installed = await run(
      python,
      ['-m', 'pip', 'install', ...quiet, '--target', making, ...wanted],
      { timeoutMs: INSTALL_MS },
    );
    if (installed.code !== 0) return `pip failed: ${installed.output.slice(-500)}`;
    // Somebody else may have been faster.
    if (!existsSync(folder)) renameSync(making, folder);
    return { python, folder };
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

async function findPython(): Promise<string | undefined> {
  const check = 'import sys; sys.exit(sys.version_info < (3, 11))';
  for (const name of NAMES) {
    if ((await run(name, ['-c', check], { timeoutMs: 10_000 })).code === 0) return name;
  }
  return undefined;
}
