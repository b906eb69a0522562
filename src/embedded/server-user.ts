import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';

/** A user of the system that a server runs as. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

const CANDIDATES = ['postgres', '_postgres', 'nobody'];

/**
 * Who PostgreSQL is to run as: undefined for "as we are", because only root has to step down
 * (PostgreSQL refuses to run as root).
 * @throws EmbeddedError when we are root and there is nobody to step down to.
 */
export function postgresUser(
  uid = process.getuid?.() ?? -1,
  passwd = readPasswd(),
): ServerUser | undefined {
  if (uid !== 0) return undefined;
  const users = passwd.split('\n').flatMap(parseLine);
  for (const name of CANDIDATES) {
    const user = users.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (user) return user;
  }
  throw new EmbeddedError(
    'PostgreSQL refuses to run as root, and no unprivileged user was found to run it as.',
    CANDIDATES.map((name) => ({ what: `user ${name}`, why: 'does not exist' })),
    ['run as an ordinary user, or create a user called postgres', 'or set DATABASE_URL'],
  );
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

function parseLine(line: string): ServerUser[] {
  const [name, , uid, gid] = line.split(':');
  if (!name || !uid || !gid) return [];
  return [{ name, uid: Number(uid), gid: Number(gid) }];
}

/** The first folder on the way down to `path` that the user cannot enter; undefined when none. */
export function closedFolder(path: string, user: ServerUser): string | undefined {
  const folders: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return folders.find((folder) => !canEnter(folder, user));
}

function canEnter(folder: string, user: ServerUser): boolean {
  let stat;
  try {
    stat = statSync(folder);
  } catch {
    return true; // not there yet: we shall make it
  }
  if (stat.uid === user.uid) return (stat.mode & 0o100) !== 0;
  if (stat.gid === user.gid) return (stat.mode & 0o010) !== 0;
  return (stat.mode & 0o001) !== 0;
}
