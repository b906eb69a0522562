/**
 * A Temporal server whose clock goes several times as fast as ours: hours of a call pass in minutes,
 * and every timer of its workflow with them. Our own processes keep their clock.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Environment } from '../../config.ts';
import { buildTemporal } from '../../embedded/temporal-build.ts';
import { cachedTemporal } from '../../embedded/temporal-cache.ts';
import type { Progress } from '../../embedded/progress.ts';
import { CLOCK_FILES, hastened } from './go-clock.ts';

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
  const target = fastTemporal(cachedTemporal(env, tmpdir()), times);
  await buildTemporal(target, env, progress, {
    why: `A Temporal server whose clock goes ${times} times as fast`,
    flags: (goRoot) => ['-overlay', writeOverlay(goRoot, dirname(target), times)],
  });
  // What is on PATH is taken first.
  return { ...env, PATH: [dirname(target), env['PATH'] ?? ''].join(delimiter) };
}

/** Beside the usual one, in a folder of its own: the program must have the usual name. */
function fastTemporal(usual: string, times: number): string {
  const folder = dirname(usual);
  return join(`${folder}-clock-${times}`, usual.slice(folder.length + 1));
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
