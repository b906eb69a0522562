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
  return join(cacheDir(env) ?? fallbackDir, `temporal-${TEMPORAL_CLI_VERSION}`, program);
}
