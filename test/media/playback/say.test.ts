import { expect, test } from '@jest/globals';
import { audioOf, playbackBench } from './bench.ts';

async function* pieces(count: number, ms = 20): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) {
    await Promise.resolve();
    yield audioOf(ms, index);
  }
}

test('a clause from a voice is read to its end', async () => {
  const { time, line, playback, told } = playbackBench();
  playback.open(1);
  await playback.say(1, 'Hello,', pieces(10));
  await playback.say(1, 'you.', pieces(10));
  playback.finish(1);
  time.pass(400);
  expect(line.heard).toHaveLength(400 * 8);
  expect(told('heard')).toMatchObject([{ text: 'Hello, you.' }]);
});

test('what a voice throws is thrown, after the audio that it made', async () => {
  const { time, line, playback, told } = playbackBench();
  const broken = async function* () {
    yield* pieces(5);
    throw new Error('the voice broke off');
  };
  playback.open(1);
  await expect(playback.say(1, 'hello', broken())).rejects.toThrow('the voice broke off');
  playback.finish(1);
  time.pass(200);
  expect(line.heard).toHaveLength(100 * 8);
  expect(told('heard')).toMatchObject([{ isAll: false }]);
});

test('after a clear nobody waits for a voice that hangs, and its audio is not read', async () => {
  const { line, playback } = playbackBench();
  let isLeft = false;
  const hanging: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        isLeft = true;
        return { done: true, value: undefined };
      },
    }),
  };
  playback.open(1);
  const saying = playback.say(1, 'hello', hanging);
  playback.clear();
  await saying;
  expect(isLeft).toBe(true);
  expect(line.sent).toEqual([]);
});

test('after a clear a voice that breaks off because of it is no failure', async () => {
  const { playback } = playbackBench();
  playback.open(1);
  let fail = (_error: Error): void => {};
  const aborted: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((_resolve, reject) => (fail = reject)),
    }),
  };
  const saying = playback.say(1, 'hello', aborted);
  playback.clear();
  fail(new Error('aborted'));
  await expect(saying).resolves.toBeUndefined();
});

test('a clause of an utterance that was thrown away is not read at all', async () => {
  const { playback } = playbackBench();
  playback.open(1);
  playback.clear();
  let reads = 0;
  const watched = async function* () {
    reads += 1;
    yield audioOf(20);
  };
  await playback.say(1, 'hello', watched());
  expect(reads).toBe(0);
});

test('a voice that never ends is read 30 s ahead and no further', async () => {
  const { time, playback } = playbackBench();
  let read = 0;
  const endless = async function* () {
    for (;;) {
      read += 1;
      yield audioOf(1_000, read);
    }
  };
  playback.open(1);
  const saying = playback.say(1, 'hello', endless());
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  const before = read;
  expect(before).toBeLessThanOrEqual(32);
  await settle();
  expect(read).toBe(before);
  time.pass(5_000);
  await settle();
  expect(read).toBeGreaterThan(before);
  expect(read).toBeLessThanOrEqual(before + 6);
  playback.clear();
  await saying;
});
