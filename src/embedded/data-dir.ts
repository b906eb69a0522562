import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { EmbeddedError, reasonOf } from './embedded-error.ts';
import type { MachineEnv } from './machine.ts';
import { closedFolder } from './server-user.ts';
import type { ServerUser } from './server-user.ts';

/** What others may do in our folders: walk through (root's PostgreSQL must), never look or write. */
const WALK_THROUGH = 0o711;

/**
 * The data folder when none was chosen: `/var/lib/voca/NAME` for root, else `voca/NAME` in the XDG
 * data folder. Where that cannot be had (a closed or read-only home), `/var/tmp/voca-UID/NAME`.
 * The folder exists afterwards, is ours, and `user` can enter it.
 * @throws EmbeddedError naming each folder that was tried.
 */
export function defaultDataDir(
  name: string,
  env: MachineEnv,
  {
    uid = process.getuid?.() ?? -1,
    user,
    systemDir = '/var/lib',
    tempDir = '/var/tmp',
  }: Places = {},
): string {
  const tried: { what: string; why: string }[] = [];
  for (const base of bases(env, uid, systemDir, tempDir)) {
    try {
      const dir = join(base, name);
      ensureOwnDir(base, uid, 'strict');
      ensureDataDir(dir, user, uid);
      return dir;
    } catch (error) {
      tried.push({ what: base, why: reasonOf(error) });
    }
  }
  throw new EmbeddedError('No folder for the data was found.', tried, [
    'set VOCA_DATA_DIR to a folder that you own',
  ]);
}

interface Places {
  uid?: number;
  user?: ServerUser;
  systemDir?: string;
  tempDir?: string;
}

function bases(env: MachineEnv, uid: number, systemDir: string, tempDir: string): string[] {
  const xdg = env.XDG_DATA_HOME;
  const home = env.HOME;
  const own = [
    ...(xdg && isAbsolute(xdg) ? [join(xdg, 'voca')] : []),
    ...(home && isAbsolute(home) ? [join(home, '.local', 'share', 'voca')] : []),
  ].slice(0, 1);
  return [...(uid === 0 ? [join(systemDir, 'voca')] : own), join(tempDir, `voca-${uid}`)];
}

/**
 * Makes the data folder. When a server will run as another user, that user must be able to walk
 * through it, so the permission to do so is given on the folder itself (never on those above it).
 * @throws EmbeddedError when the folder is not ours or lies under one that is closed to the user.
 */
export function ensureDataDir(
  dir: string,
  user?: ServerUser,
  uid = process.getuid?.() ?? -1,
): void {
  ensureOwnDir(dir, uid);
  if (!user) return;
  const mode = statSync(dir).mode & 0o777;
  if ((mode & 0o011) !== 0o011) chmodSync(dir, mode | 0o011);
  const closed = closedFolder(dir, user);
  if (closed !== undefined) {
    throw new EmbeddedError(
      `${dir} cannot hold the database: PostgreSQL runs as ${user.name}, who cannot enter ${closed}.`,
      [],
      ['set VOCA_DATA_DIR to a folder outside of it, such as one below /var/lib'],
    );
  }
}

/** Root may be told to use somebody else's folder, but never takes one by default (`strict`). */
function ensureOwnDir(dir: string, uid: number, strict?: 'strict'): void {
  mkdirSync(dir, { recursive: true, mode: WALK_THROUGH });
  const stat = statSync(dir);
  if (!stat.isDirectory()) throw new EmbeddedError(`${dir} is not a folder.`);
  if (uid >= 0 && stat.uid !== uid && (strict || uid !== 0)) {
    throw new EmbeddedError(`${dir} belongs to somebody else.`);
  }
  // A folder that everybody can write to can be filled by everybody.
  if ((stat.mode & 0o002) !== 0) throw new EmbeddedError(`${dir} is writable for everybody.`);
}
