import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Progress } from '../../src/embedded/progress.ts';
import { buildTemporal } from '../../src/embedded/temporal-build.ts';
import { eventually, talkTo } from '../supervisor/fixtures/lines.ts';

const BUILDER = join(import.meta.dirname, 'fixtures', 'builder.ts');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'voca-build-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A `go` that takes a second and notes each call. */
function fakeGo({
  version = 'go1.24.1',
  result = 'printf "#!/bin/sh\\n" > "$GOBIN/temporal"',
} = {}) {
  mkdirSync(join(root, 'bin'));
  const lines = [
    '#!/bin/sh',
    `if [ "$1" = version ]; then echo "go version ${version} linux/amd64"; exit; fi`,
    `echo "$@ TOKEN=$TWILIO_AUTH_TOKEN" >> ${join(root, 'calls')}`,
    'echo "go: downloading example.com/module v1.0.0" >&2',
    'sleep 1',
    result,
  ];
  writeFileSync(join(root, 'bin', 'go'), lines.join('\n'));
  chmodSync(join(root, 'bin', 'go'), 0o755);
  return { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, TWILIO_AUTH_TOKEN: 'secret' };
}

function recorder(): Progress & { said: string[]; shown: string[] } {
  const said: string[] = [];
  const shown: string[] = [];
  return { said, shown, say: (line) => said.push(line), live: (line) => shown.push(line) };
}

test('the program is built and kept; what goes on is shown, and Go gets no secrets', async () => {
  const env = fakeGo();
  const progress = recorder();
  const target = join(root, 'cache', 'temporal');
  expect(await buildTemporal(target, env, progress)).toBe(target);
  expect(existsSync(target)).toBe(true);
  expect(readFileSync(join(root, 'calls'), 'utf8')).toBe(
    'install -v github.com/temporalio/cli/cmd/temporal@v1.5.1 TOKEN=\n',
  );
  expect(progress.said[0]).toMatch(/takes some minutes, once/);
  expect(progress.shown).toContainEqual(
    expect.stringMatching(/: \d+ s, downloading example.com\/module/),
  );
  await buildTemporal(target, env, progress);
  expect(readFileSync(join(root, 'calls'), 'utf8').split('\n')).toHaveLength(2);
});

test('two processes that want it at the same time share one build', async () => {
  const env = fakeGo();
  const target = join(root, 'cache', 'temporal');
  const builders = [1, 2].map(() => talkTo(BUILDER, [target, env.PATH]));
  for (const { lines } of builders) await eventually(() => lines[0]?.event === 'built');
  expect(readFileSync(join(root, 'calls'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('a failed build says what Go said and leaves nothing to run', async () => {
  const env = fakeGo({ result: 'echo "cannot reach the proxy" >&2; exit 1' });
  const target = join(root, 'cache', 'temporal');
  await expect(buildTemporal(target, env, recorder())).rejects.toThrow(
    /^go install failed \(1\): .*cannot reach the proxy$/,
  );
  expect(existsSync(target)).toBe(false);
});

test('a Go that is too old is refused', async () => {
  const env = fakeGo({ version: 'go1.19.8' });
  await expect(buildTemporal(join(root, 'c', 't'), env, recorder())).rejects.toThrow(
    'Go 1.21 or newer is needed',
  );
});
