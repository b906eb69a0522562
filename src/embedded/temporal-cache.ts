import { accessSync, constants, mkdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { MachineEnv } from './machine.ts';
import { TEMPORAL_CLI_VERSION } from './temporal-version.ts';

/** The project's cache of downloaded and built programs; undefined without a home. */
export function cacheDir(env: MachineEnv): string | undefined {
  const xdg = env.XDG_CACHE_HOME;
  if (xdg && isAbsolute(xdg)) return join(xdg, 'voca');
  return env.HOME && isAbsolute(env.HOME) ? join(env.HOME, '.cache', 'voca') : undefined;
}

/** Where the cached Temporal CLI is, or will be. */
export function cachedTemporal(env: MachineEnv, fallbackDir: string): string {
  const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  const cache = cacheDir(env);
  const dir = cache !== undefined && isUsable(cache) ? cache : fallbackDir;
  return join(dir, `temporal-${TEMPORAL_CLI_VERSION}`, program);
}

/** Some users have a home that does not exist and cannot be made. */
function isUsable(dir: string): boolean {
  try {
    mkdirSync(dir, { recursive: true });
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
