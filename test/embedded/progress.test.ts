import { expect, test } from '@jest/globals';
import { createProgress } from '../../src/embedded/progress.ts';

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 40, written, write: (text: string) => written.push(text) };
}

test('on a terminal one line is redrawn, never wider than the terminal', () => {
  const out = stream(true);
  const progress = createProgress(out);
  progress.live('x'.repeat(100));
  progress.live('second');
  progress.say('done');
  expect(out.written).toEqual(['x'.repeat(39), '\r\u001b[2K', 'second', '\r\u001b[2K', 'done\n']);
});

test('elsewhere a sign of life is one line in 15 s', () => {
  let now = 0;
  const out = stream(false);
  const progress = createProgress(out, () => now);
  for (now = 0; now <= 40_000; now += 500) progress.live(`at ${now}`);
  progress.say('done');
  expect(out.written).toEqual(['at 15000\n', 'at 30000\n', 'done\n']);
});
