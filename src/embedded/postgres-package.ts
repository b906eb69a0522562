import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { closedFolder } from './server-user.ts';
import type { ServerUser } from './server-user.ts';

/**
 * Makes the programs of the npm package usable. They are copied into the data folder when the user
 * who will run them cannot reach the package (a checkout in root's closed home), or when the
 * package's install script did not run (it makes the links between the libraries).
 * @returns the folder with `bin` in it
 */
export function unpackPostgres(
  packageDir: string,
  dataDir: string,
  user: ServerUser | undefined,
): string {
  const closed = user !== undefined && closedFolder(packageDir, user) !== undefined;
  if (!closed && missingLinks(packageDir).length === 0) return packageDir;
  const copy = join(dataDir, `postgres-programs-${versionOf(packageDir)}`);
  if (!existsSync(copy)) {
    const draft = `${copy}.new`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(packageDir, draft, { recursive: true, verbatimSymlinks: true });
    for (const { link, target } of missingLinks(draft)) symlinkSync(target, link);
    chmodSync(draft, 0o755);
    renameSync(draft, copy);
  }
  return copy;
}

function versionOf(packageDir: string): string {
  try {
    const text = readFileSync(join(packageDir, '..', 'package.json'), 'utf8');
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === 'string' && /^[\w.-]+$/.test(version) ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}

/** Links that the package lists in pg-symlinks.json and that do not exist. */
function missingLinks(packageDir: string): { link: string; target: string }[] {
  let listed: unknown;
  try {
    listed = JSON.parse(readFileSync(join(packageDir, 'pg-symlinks.json'), 'utf8'));
  } catch {
    return [];
  }
  if (!Array.isArray(listed)) return [];
  return (listed as { source: string; target: string }[])
    .map(({ source, target }) => {
      const link = join(packageDir, relative('native', target));
      return {
        link,
        target: relative(dirname(link), join(packageDir, relative('native', source))),
      };
    })
    .filter(({ link }) => !existsSync(link));
}
