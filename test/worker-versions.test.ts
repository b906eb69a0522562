import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { builtId, packageVersion, workerDeployment } from '../src/worker-versions.ts';

const folder = mkdtempSync(join(tmpdir(), 'voca-versions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bundle(code: string): string {
  const path = join(folder, 'bundle.js');
  writeFileSync(path, code);
  return path;
}

const CODE = 'exports.call = () => 1;\n';

describe('the version of a worker', () => {
  test('is none when versions are off', () => {
    expect(workerDeployment({ workers: { versioning: 'off', buildId: 'a' } }, '')).toBeUndefined();
  });

  test('is pinned under the name that was given', () => {
    expect(workerDeployment({ workers: { versioning: 'pinned', buildId: 'a' } }, '')).toEqual({
      version: { deploymentName: 'voca', buildId: 'a' },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    });
  });

  test('is made of the package version and the code of the workflows by default', () => {
    const made = workerDeployment({ workers: { versioning: 'pinned' } }, bundle(CODE));
    expect(made?.version.buildId).toMatch(
      new RegExp(`^${packageVersion().replaceAll('.', '\\.')}-[0-9a-f]{10}$`),
    );
  });

  test('changes with the code, and not with the folder in which it was built', () => {
    const map = (path: string) => `${CODE}//# sourceMappingURL=data:;base64,${btoa(path)}`;
    const here = builtId(bundle(map('/here')));
    expect(builtId(bundle(map('/there')))).toBe(here);
    expect(builtId(bundle(`${CODE}// changed\n${map('/here')}`))).not.toBe(here);
  });
});

test('the package version is found from the sources and from what is built', () => {
  const root = join(import.meta.dirname, '..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(packageVersion()).toBe(version);
  expect(packageVersion(join(root, 'dist', 'src'))).toBe(version);
  expect(() => packageVersion('/')).toThrow('package.json');
});
