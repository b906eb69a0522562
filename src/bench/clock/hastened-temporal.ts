/**
 * A Temporal server whose clock goes several times as fast as ours: hours of a call pass in minutes,
 * and every timer of its workflow with them. Our own processes keep their clock.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import type { Environment } from '../../config.ts';
import { buildTemporal } from '../../embedded/temporal-build.ts';
import { cacheDir, cachedTemporal } from '../../embedded/temporal-cache.ts';
import type { Progress } from '../../embedded/progress.ts';
import { CLOCK_FILES, editsText, hastened } from './go-clock.ts';

/**
 * Builds it when it is not in the cache: with Go, some minutes, once for each speed.
 * @param times how many times as fast; 1 for an ordinary clock
 * @returns an environment in which the embedded Temporal is that one
 * @throws UnknownGo; otherwise as `buildTemporal` does
 */
export async function withClock(
  times: number,
  env: Environment,
  progress: Progress,
): Promise<Environment> {
  if (times === 1) return env;
  const target = fastTemporal(env, times);
  await buildTemporal(target, env, progress, {
    why: `A Temporal server whose clock goes ${times} times as fast`,
    flags: (goRoot) => ['-overlay', writeOverlay(goRoot, dirname(target), times)],
  });
  // What is on PATH is taken first.
  return { ...env, PATH: [dirname(target), env['PATH'] ?? ''].join(delimiter) };
}

/**
 * In a folder of its own: the program must have the usual name. Another one for other edits.
 * @throws without a cache: in a folder that everybody writes to, somebody else could have put it there
 */
function fastTemporal(env: Environment, times: number): string {
  const cache = cacheDir(env);
  if (cache === undefined)
    throw new Error('Set HOME or XDG_CACHE_HOME: it must be kept somewhere.');
  const edits = createHash('sha256').update(editsText(times)).digest('hex').slice(0, 8);
  const usual = cachedTemporal(env, cache);
  return join(cache, `${basename(dirname(usual))}-clock-${times}-${edits}`, basename(usual));
}

/** @returns the file that tells Go which sources to take in place of its own */
function writeOverlay(goRoot: string, folder: string, times: number): string {
  const replaced = CLOCK_FILES.map((file) => {
    const own = join(goRoot, 'src', file);
    const other = join(folder, 'overlay', file);
    mkdirSync(dirname(other), { recursive: true });
    writeFileSync(other, hastened(file, readFileSync(own, 'utf8'), times));
    return [own, other];
  });
  const overlay = join(folder, 'overlay.json');
  writeFileSync(overlay, JSON.stringify({ Replace: Object.fromEntries(replaced) }));
  return overlay;
}
