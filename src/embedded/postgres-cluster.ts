import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedError } from './embedded-error.ts';
import { minimalEnv } from './machine.ts';
import type { MachineEnv } from './machine.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { ServerUser } from './server-user.ts';

export const POSTGRES_USER = 'voca';

const INITDB_TIMEOUT_MS = 120_000;
const run = promisify(execFile);

/** The folder of the database itself: PostgreSQL's own, nobody else may enter it. */
export function clusterDir(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/** The major version that made the data; undefined before the first start. */
export function clusterMajor(dataDir: string): number | undefined {
  try {
    const major = Number.parseInt(
      readFileSync(join(clusterDir(dataDir), 'PG_VERSION'), 'utf8'),
      10,
    );
    return Number.isNaN(major) ? undefined : major;
  } catch {
    return undefined;
  }
}

/** The database password of this data folder, made once and readable for us alone. */
export function clusterPassword(dataDir: string): string {
  const file = join(dataDir, 'postgres.password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const password = randomBytes(24).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/**
 * Makes an empty database cluster: UTF-8, the C locale, a password for every connection. It appears
 * under its name only when it is complete, so an interrupted start is simply begun again.
 * @param durable false leaves out waiting for the disk (tests)
 */
export async function createCluster(options: {
  dataDir: string;
  binaries: PostgresBinaries;
  user: ServerUser | undefined;
  env: MachineEnv;
  durable: boolean;
}): Promise<void> {
  const { dataDir, binaries, user, env, durable } = options;
  const draft = `${clusterDir(dataDir)}.new`;
  const passwordFile = `${draft}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, clusterPassword(dataDir), { mode: 0o600 });
  try {
    if (user) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
    const args = [`--pgdata=${draft}`, `--username=${POSTGRES_USER}`, `--pwfile=${passwordFile}`];
    args.push('--auth=scram-sha-256', '--encoding=UTF8', '--locale=C');
    if (!durable) args.push('--no-sync');
    await run(binaries.initdb, args, {
      cwd: draft,
      env: minimalEnv(env, draft),
      timeout: INITDB_TIMEOUT_MS,
      ...(user && { uid: user.uid, gid: user.gid }),
    });
    renameSync(draft, clusterDir(dataDir));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const { stderr, message } = error as Error & { stderr?: string };
    throw new EmbeddedError(`The database could not be created:\n${(stderr || message).trim()}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
