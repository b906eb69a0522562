import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentProgress } from '../../src/embedded/progress.ts';
import { downloadTemporal } from '../../src/embedded/temporal-download.ts';

let root: string;
let server: Server | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'voca-download-'));
});

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(root, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function archive(): Buffer {
  writeFileSync(join(root, 'temporal'), '#!/bin/sh\necho temporal version 9\n');
  chmodSync(join(root, 'temporal'), 0o755);
  execFileSync('tar', ['-czf', 'archive.tar.gz', 'temporal'], { cwd: root });
  const bytes = readFileSync(join(root, 'archive.tar.gz'));
  rmSync(join(root, 'archive.tar.gz'));
  rmSync(join(root, 'temporal'));
  return bytes;
}

test('the program is fetched, unpacked and put in place', async () => {
  const bytes = archive();
  let asked = '';
  const url = await serve((request, response) => {
    if (request.url === '/archive') return response.end(bytes);
    asked = request.url ?? '';
    return response.end(
      JSON.stringify({ archiveUrl: `${url}/archive`, fileToExtract: 'temporal' }),
    );
  });
  const target = join(root, 'cache', 'temporal');
  expect(await downloadTemporal(target, silentProgress, `${url}/cli/default`)).toBe(target);
  expect(execFileSync(target, { encoding: 'utf8' })).toBe('temporal version 9\n');
  expect(asked).toMatch(/^\/cli\/default\?arch=\w+&platform=\w+&format=tar.gz&sdk-name=/);
  expect(readdirSync(join(root, 'cache'))).toEqual(['temporal']);
});

test('an archive that is no archive leaves nothing behind', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/archive') return response.end('hello');
    return response.end(
      JSON.stringify({ archiveUrl: `${url}/archive`, fileToExtract: 'temporal' }),
    );
  });
  const target = join(root, 'cache', 'temporal');
  await expect(downloadTemporal(target, silentProgress, url)).rejects.toThrow('tar');
  expect(readdirSync(join(root, 'cache'))).toEqual([]);
});

test.each([
  ['an error page', (body: string) => body],
  ['a strange file name', () => '{"archiveUrl":"http://x/","fileToExtract":"../evil"}'],
])('%s instead of the answer is refused', async (_what, answer) => {
  const url = await serve((_request, response) => response.end(answer('{"error":true}')));
  await expect(downloadTemporal(join(root, 'c', 't'), silentProgress, url)).rejects.toThrow(
    /something else|strange file/,
  );
  expect(existsSync(join(root, 'evil'))).toBe(false);
});

test('a refused connection is reported at once, a silent service after 4 s', async () => {
  const startedMs = Date.now();
  const target = join(root, 'cache', 'temporal');
  const closed = await serve(() => undefined);
  await new Promise((resolve) => server?.close(resolve));
  const refused = downloadTemporal(target, silentProgress, closed);
  await expect(refused).rejects.toThrow('ECONNREFUSED');
  expect(Date.now() - startedMs).toBeLessThan(1000);
  const url = await serve(() => undefined);
  await expect(downloadTemporal(target, silentProgress, url)).rejects.toThrow('no answer in 4 s');
  expect(Date.now() - startedMs).toBeLessThan(7000);
}, 10_000);
