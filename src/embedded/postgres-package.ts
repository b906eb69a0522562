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
import type { PostgresBinaries } from './postgres-binaries.ts';
import { closedFolder } from './server-user.ts';
import type { ServerUser } from './server-user.ts';

/**
 * Makes the programs of the npm package usable. They are copied into the data folder when the user
 * who will run them cannot reach the package (a checkout in root's closed home), or when the
 * package's install script did not run (it makes the links between the libraries).
 */
export function usableBinaries(
  binaries: PostgresBinaries,
  dataDir: string,
  user: ServerUser | undefined,
): PostgresBinaries {
  const { packageDir, major } = binaries;
  if (packageDir === undefined) return binaries;
  const closed = user !== undefined && closedFolder(packageDir, user) !== undefined;
  if (!closed && missingLinks(packageDir).length === 0) return binaries;
  const copy = join(dataDir, `postgres-${major}-programs`);
  if (!existsSync(copy)) {
    const draft = `${copy}.new`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(packageDir, draft, { recursive: true, verbatimSymlinks: true });
    for (const { link, target } of missingLinks(draft)) symlinkSync(target, link);
    for (const folder of ['.', 'bin', 'lib', 'share']) chmodSync(join(draft, folder), 0o755);
    renameSync(draft, copy);
  }
  const bin = join(copy, 'bin');
  return { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb'), major };
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
