import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { withClock } from '../../../src/bench/clock/hastened-temporal.ts';
import { silentProgress } from '../../../src/embedded/progress.ts';

const SOURCES = {
  'time/time.go':
    'subMono(runtimeNano()-startNano, t.ext) subMono(t.ext, runtimeNano()-startNano) ' +
    'sec, nsec, mono := runtimeNow()\nfunc unixTime(',
  'time/sleep.go': 'runtimeNano() + int64(d)',
  'time/tick.go': 'int64(d), sendTime when(d), int64(d))',
  'runtime/time.go': 'func timeSleep(ns int64) {\n',
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'voca-clock-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A `go` that notes what it is to build, with sources of its own. */
function fakeGo() {
  for (const [file, text] of Object.entries(SOURCES)) {
    mkdirSync(dirname(join(root, 'go', 'src', file)), { recursive: true });
    writeFileSync(join(root, 'go', 'src', file), text);
  }
  mkdirSync(join(root, 'bin'));
  const lines = [
    '#!/bin/sh',
    '[ "$1" = version ] && { echo "go version go1.24.1 linux/amd64"; exit; }',
    `[ "$1" = env ] && { echo "${join(root, 'go')}"; exit; }`,
    `echo "$@" >> ${join(root, 'calls')}`,
    'printf "#!/bin/sh\\n" > "$GOBIN/temporal"',
  ];
  writeFileSync(join(root, 'bin', 'go'), lines.join('\n'));
  chmodSync(join(root, 'bin', 'go'), 0o755);
  return { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, XDG_CACHE_HOME: join(root, 'cache') };
}

test('an ordinary clock needs no other Temporal', async () => {
  const env = { PATH: '/nowhere' };
  expect(await withClock(1, env, silentProgress)).toBe(env);
});

test('a faster one is built once, and is the first that is found', async () => {
  const env = fakeGo();
  const made = await withClock(8, env, silentProgress);
  const [folder = '', ...others] = (made['PATH'] ?? '').split(delimiter);
  expect(folder).toMatch(/cache\/voca\/temporal-[\d.]+-clock-8-[0-9a-f]{8}$/);
  expect(others.join(delimiter)).toBe(env.PATH);
  expect(readFileSync(join(folder, 'temporal'), 'utf8')).toBe('#!/bin/sh\n');

  const [call = ''] = readFileSync(join(root, 'calls'), 'utf8').split('\n');
  const [, overlay = ''] = /^install -v -overlay (\S+) github\.com\/temporalio\//.exec(call) ?? [];
  const { Replace } = JSON.parse(readFileSync(overlay, 'utf8')) as {
    Replace: Record<string, string>;
  };
  const own = join(root, 'go', 'src', 'time', 'sleep.go');
  expect(Object.keys(Replace)).toHaveLength(4);
  expect(readFileSync(Replace[own] ?? '', 'utf8')).toBe('runtimeNano() + ((int64(d)-1)/8+1)');
  expect(readFileSync(own, 'utf8')).toBe(SOURCES['time/sleep.go']); // the machine's Go stays as it is

  await withClock(8, { ...env, PATH: '/usr/bin:/bin' }, silentProgress); // no Go, and none is needed
  expect(readFileSync(join(root, 'calls'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('without a place of our own nothing is built, and nothing of others is run', async () => {
  await expect(withClock(8, { PATH: '/usr/bin' }, silentProgress)).rejects.toThrow(/HOME/);
});
