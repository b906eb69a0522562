import { fork } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually, RUN_TYPESCRIPT, talkTo } from './fixtures/lines.ts';
import type { TalkingProcess } from './fixtures/lines.ts';

const ROLE = join(import.meta.dirname, 'fixtures', 'role.ts');

let role: TalkingProcess | undefined;
afterEach(() => {
  role?.child.kill('SIGKILL');
});

async function startAlone(...args: string[]): Promise<TalkingProcess> {
  const alone = talkTo(ROLE, args);
  role = alone;
  await eventually(() => alone.lines.some((line) => line.event === 'started'));
  return alone;
}

describe('a role that runs alone', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('drains and leaves on %s', async (signal) => {
    const { child, lines, exited } = await startAlone('worker');
    child.kill(signal);
    expect(await exited).toEqual({ code: 0, signal: null });
    const events = lines.flatMap(({ event }) => event ?? []);
    expect(events).toEqual(['started', 'stopping', 'stopped']);
  });

  test('carries its title', async () => {
    const { lines } = await startAlone('worker');
    expect(lines[0]).toMatchObject({ title: 'voca-test-worker' });
  });

  test('leaves at once on a second signal', async () => {
    const { child, lines, exited } = await startAlone('worker', '0', 'slow-drain');
    child.kill('SIGTERM');
    await eventually(() => lines.some((line) => line.event === 'stopping'));
    child.kill('SIGTERM');
    expect((await exited).code).toBe(1);
    expect(lines.filter((line) => line.level === 'error')).toEqual([]);
  });

  test('leaves when draining takes too long, and says so', async () => {
    const { child, lines, exited } = await startAlone('worker', '0', 'slow-drain');
    child.kill('SIGTERM');
    expect((await exited).code).toBe(1);
    expect(lines.at(-1)).toMatchObject({ level: 'error', message: 'draining took too long' });
  });

  test('ends with code 1 when it cannot start', async () => {
    role = talkTo(ROLE, ['worker', '0', 'broken']);
    expect((await role.exited).code).toBe(1);
    expect(role.lines.at(-1)).toMatchObject({ level: 'fatal' });
  });
});

describe('a role under a supervisor', () => {
  test('ignores Ctrl-C, says that it is ready, and leaves when the channel breaks', async () => {
    const child = fork(ROLE, ['worker'], {
      execArgv: RUN_TYPESCRIPT,
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const lines: string[] = [];
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (l) => lines.push(l));
    const messages: unknown[] = [];
    child.on('message', (message) => messages.push(message));
    await eventually(() => messages.length > 0);
    expect(messages).toEqual([{ type: 'ready' }]);
    child.kill('SIGINT');
    child.kill('SIGHUP');
    child.disconnect();
    expect(await exited).toBe(0);
    expect(lines.join('\n')).toContain('"why":"supervisor-gone"');
    expect(lines.join('\n')).not.toContain('"why":"signal"');
  });

  test('an error that nobody caught is logged and ends the process with code 1', async () => {
    role = talkTo(join(import.meta.dirname, 'fixtures', 'thrower.ts'));
    expect((await role.exited).code).toBe(1);
    expect(role.lines.at(-1)).toEqual({
      message: 'an error that nobody caught',
      err: 'on purpose',
    });
  });
});
