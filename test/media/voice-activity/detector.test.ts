/** What is asked of the model and what happens without it. */
import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../../src/log.ts';
import type { Log } from '../../../src/log.ts';
import { createVoiceActivity, type VoiceChange } from '../../../src/media/voice-activity/index.ts';
import type { VoiceModel } from '../../../src/media/voice-activity/silero-model.ts';
import { listen, nextTurn, onsetsMs, PHRASES, SPOKEN, withNoise } from './phrases.ts';

const LOUD = new Uint8Array(160).fill(0x10);

/** Sees a voice everywhere, or what it is told. */
function fakeModel(run: VoiceModel['run'] = async (_, states) => allOf(states.length, 1)) {
  const batches: number[] = [];
  let closed = 0;
  const model: VoiceModel = {
    run: async (windows, states) => {
      batches.push(states.length);
      await nextTurn();
      return run(windows, states);
    },
    close: async () => void (closed += 1),
  };
  return { model, batches, closed: () => closed };
}

const allOf = (length: number, value: number) => new Float32Array(length).fill(value);

function logLines(): { log: Log; lines: { msg: string; level: string }[] } {
  const lines: { msg: string; level: string }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { log: createLogger({ level: 'info', role: 'media', destination }), lines };
}

async function until(condition: () => boolean): Promise<void> {
  const untilMs = Date.now() + 10_000;
  while (!condition() && Date.now() < untilMs) await nextTurn();
  expect(condition()).toBe(true);
}

describe('the model', () => {
  test('is asked about all streams that are due at once', async () => {
    const { model, batches } = fakeModel();
    const detector = createVoiceActivity({ load: async () => model });
    await detector.ready();
    let told = 0;
    const streams = Array.from({ length: 100 }, () => detector.open(() => (told += 1)));
    for (const stream of streams) for (let frame = 0; frame < 4; frame += 1) stream.send(LOUD);
    await until(() => batches.reduce((sum, size) => sum + size, 0) === 200);
    expect(batches).toEqual([64, 64, 64, 8]);
    expect(told).toBe(100);
    await detector.close();
  });

  test('is asked about the chunks of a stream in order, whatever the pieces are', async () => {
    const seen: number[] = [];
    const { model } = fakeModel(async (windows) => {
      seen.push(...windows.subarray(0, 288).map((sample) => Math.round(sample * 32_768)));
      return allOf(1, 0);
    });
    const detector = createVoiceActivity({ load: async () => model });
    await detector.ready();
    const stream = detector.open(() => {});
    const audio = Uint8Array.from({ length: 1_024 }, (_, index) => 0x80 + (index % 64));
    for (let at = 0, length = 1; at < audio.length; at += length, length = (length % 97) + 13) {
      stream.send(audio.subarray(at, at + length));
      await nextTurn();
    }
    await until(() => seen.length === 4 * 288);
    for (const chunk of [1, 2, 3]) {
      const context = seen.slice(chunk * 288, chunk * 288 + 32);
      expect(context).toEqual(seen.slice(chunk * 288 - 32, chunk * 288));
    }
    expect(new Set(seen.slice(32, 288)).size).toBe(64);
    await detector.close();
  });

  test('that is too slow is not asked about audio that is older than a second', async () => {
    let release = (): void => {};
    const stuck = new Promise<void>((resolve) => (release = resolve));
    const { model, batches } = fakeModel(async () => {
      await stuck;
      return allOf(1, 0);
    });
    const detector = createVoiceActivity({ load: async () => model });
    await detector.ready();
    const stream = detector.open(() => {});
    stream.send(new Uint8Array(256).fill(0x10));
    await until(() => batches.length === 1);
    for (let second = 0; second < 60; second += 1) stream.send(new Uint8Array(8_000).fill(0x10));
    stream.send(new Uint8Array(100_000).fill(0x10));
    release();
    const pending = stream as unknown as { hasChunk: boolean };
    await until(() => !pending.hasChunk);
    expect(batches.length).toBeLessThanOrEqual(33);
    await detector.close();
  });

  test('says nothing of a stream that was closed meanwhile', async () => {
    const { model, batches } = fakeModel();
    const detector = createVoiceActivity({ load: async () => model });
    await detector.ready();
    const changes: VoiceChange[] = [];
    const stream = detector.open((change) => changes.push(change));
    stream.send(new Uint8Array(256).fill(0x10));
    await until(() => batches.length === 1);
    stream.close();
    stream.close();
    stream.send(LOUD);
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(changes).toEqual([]);
    await detector.close();
  });

  test('is loaded once and let go of', async () => {
    const { model, closed } = fakeModel();
    let loads = 0;
    const detector = createVoiceActivity({ load: async () => ((loads += 1), model) });
    await Promise.all([detector.ready(), detector.ready()]);
    expect(loads).toBe(1);
    await detector.close();
    await detector.close();
    expect(closed()).toBe(1);
  });

  test('a listener that throws harms no other stream', async () => {
    const { model } = fakeModel();
    const { log, lines } = logLines();
    const detector = createVoiceActivity({ load: async () => model, log });
    await detector.ready();
    let told = 0;
    const streams = [
      detector.open(() => {
        throw new Error('five five five one two three four');
      }),
      detector.open(() => (told += 1)),
    ];
    for (const stream of streams) stream.send(new Uint8Array(512).fill(0x10));
    await until(() => told === 1);
    expect(lines).toMatchObject([{ level: 'error', msg: 'voice activity: a listener failed' }]);
    expect(JSON.stringify(lines)).not.toContain('five five');
    await detector.close();
  });
});

describe('without the model', () => {
  test('the energy of the audio finds the phrases, and the log says so once', async () => {
    const { log, lines } = logLines();
    const load = () => Promise.reject(new Error('no such file'));
    const detector = createVoiceActivity({ load, log });
    await detector.ready();
    await detector.ready();
    expect(detector.method).toBe('energy');
    for (const audio of [PHRASES, withNoise(PHRASES, 0.005)]) {
      const changes = await listen(detector, audio);
      expect(changes.filter(({ voice }) => voice === 'began')).toHaveLength(SPOKEN.length);
      expect(Math.max(...onsetsMs(changes))).toBeLessThanOrEqual(250);
    }
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'voice activity: no model, the energy of the audio decides' },
    ]);
    await detector.close();
  });

  test('a failure in the middle of a call loses no audio: the energy decides from there', async () => {
    const { log, lines } = logLines();
    let runs = 0;
    const { model, closed } = fakeModel(async (_, states) => {
      runs += 1;
      if (runs > 60) throw new Error('out of memory');
      return allOf(states.length, 0);
    });
    const detector = createVoiceActivity({ load: async () => model, log });
    await detector.ready();
    const changes = await listen(detector, PHRASES);
    const lateOnes = onsetsMs(changes).slice(2);
    expect(Math.max(...lateOnes)).toBeLessThanOrEqual(150);
    expect(runs).toBe(63);
    expect(detector.method).toBe('energy');
    expect(closed()).toBe(1);
    expect(lines).toMatchObject([
      { msg: 'voice activity: the model failed, the energy of the audio decides' },
    ]);
    await detector.close();
  });

  test('a single failure is not the end of the model', async () => {
    let runs = 0;
    const { model } = fakeModel(async (_, states) => {
      runs += 1;
      if (runs % 2 === 0) throw new Error('out of memory');
      return allOf(states.length, 0);
    });
    const detector = createVoiceActivity({ load: async () => model });
    await detector.ready();
    await listen(detector, PHRASES);
    expect(detector.method).toBe('model');
    await detector.close();
  });
});
