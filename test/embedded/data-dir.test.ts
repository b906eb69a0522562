import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { defaultDataDir, ensureDataDir } from '../../src/embedded/data-dir.ts';
import type { MachineEnv } from '../../src/embedded/machine.ts';
import { closedFolder, postgresUser } from '../../src/embedded/server-user.ts';

const stranger = { name: 'stranger', uid: 54321, gid: 54321 };
const me = process.getuid?.() ?? -1;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'voca-data-'));
  chmodSync(root, 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function places() {
  return { uid: me, systemDir: join(root, 'lib'), tempDir: join(root, 'tmp') };
}

describe('the default data folder', () => {
  test('of root is a system folder, of a user the XDG data folder or below the home', () => {
    const env = { HOME: join(root, 'home') };
    const system = join(root, 'lib', 'voca', 'demo');
    const choose = (variables: MachineEnv) => defaultDataDir('demo', variables, places());
    expect(choose({ ...env, XDG_DATA_HOME: join(root, 'xdg') })).toBe(
      me === 0 ? system : join(root, 'xdg', 'voca', 'demo'),
    );
    expect(choose(env)).toBe(
      me === 0 ? system : join(root, 'home', '.local', 'share', 'voca', 'demo'),
    );
  });

  test('is elsewhere when the first choice cannot be made', () => {
    writeFileSync(join(root, 'lib'), 'a file where a folder is needed');
    writeFileSync(join(root, 'home'), 'a file where a folder is needed');
    expect(defaultDataDir('demo', { HOME: join(root, 'home') }, places())).toBe(
      join(root, 'tmp', `voca-${me}`, 'demo'),
    );
  });

  test('is never one that everybody can write to; each refusal is named', () => {
    for (const folder of ['lib/voca', `tmp/voca-${me}`, 'home/.local/share/voca']) {
      mkdirSync(join(root, folder), { recursive: true });
      chmodSync(join(root, folder), 0o777);
    }
    const choose = () => defaultDataDir('demo', { HOME: join(root, 'home') }, places());
    expect(choose).toThrow(/writable for everybody[\s\S]*writable for everybody/);
    expect(choose).toThrow(/VOCA_DATA_DIR/);
  });

  test('can be walked through by the user of the database, and not be listed', () => {
    const dir = join(root, 'data');
    mkdirSync(dir, { mode: 0o700 });
    ensureDataDir(dir, stranger);
    expect(statSync(dir).mode & 0o777).toBe(0o711);
  });

  test('below a folder that is closed to that user is refused with its name', () => {
    const closed = join(root, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    expect(() => ensureDataDir(join(closed, 'data'), stranger)).toThrow(
      `PostgreSQL runs as stranger, who cannot enter ${closed}.`,
    );
  });

  test('that is a file is refused', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => ensureDataDir(join(root, 'file'))).toThrow('EEXIST');
  });
});

describe('the user of an embedded PostgreSQL', () => {
  const passwd = [
    'root:x:0:0::/root:/bin/sh',
    'nobody:x:65534:65534::/:/bin/false',
    'postgres:x:101:104::/var/lib/postgresql:/bin/sh',
  ].join('\n');

  test('is ourselves, unless we are root', () => {
    expect(postgresUser(1000, passwd)).toBeUndefined();
  });

  test('is postgres for root, or else nobody', () => {
    expect(postgresUser(0, passwd)).toEqual({ name: 'postgres', uid: 101, gid: 104 });
    expect(postgresUser(0, passwd.replace('postgres:x', 'pg:x'))?.name).toBe('nobody');
  });

  test('is never another name for root', () => {
    expect(() => postgresUser(0, 'postgres:x:0:0::/:/bin/sh')).toThrow('no unprivileged user');
  });

  test('is kept out by the first closed folder on the way', () => {
    mkdirSync(join(root, 'a', 'b'), { recursive: true });
    chmodSync(join(root, 'a'), 0o750);
    expect(closedFolder(join(root, 'a', 'b'), stranger)).toBe(join(root, 'a'));
    chmodSync(join(root, 'a'), 0o751);
    expect(closedFolder(join(root, 'a', 'b'), stranger)).toBeUndefined();
  });
});
