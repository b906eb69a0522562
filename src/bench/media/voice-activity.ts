/**
 * `npm run bench -- voice-activity`: what the detection of voice costs, in batches and one stream at a
 * time, at the pace of real calls. All lines carry noise, so that no chunk is spared the model.
 */
import { createTicker, MONOTONIC } from '../../media/ticker.ts';
import { createVoiceActivity } from '../../media/voice-activity/index.ts';
import { WINDOW_SAMPLES } from '../../media/voice-activity/chunk-queue.ts';
import { loadSilero, type VoiceModel } from '../../media/voice-activity/silero-model.ts';
import type { Benchmark } from '../benchmark.ts';
import { summarize, type Summary } from '../statistics.ts';

const FRAME = 160;
const FRAME_MS = 20;

interface Cost {
  cpuMsPerStreamSecond: number;
  /** The whole of a minute of one stream. */
  cpuSecondsPerStreamMinute: number;
  /** How late the beats of the process were. */
  beatLateMs: Summary;
}

type Way = 'batches' | 'alone' | 'nothing';

export const voiceActivityBenchmark: Benchmark<'streams' | 'seconds'> = {
  summary: 'CPU of voice activity at a number of streams, in batches and without them',
  options: {
    streams: { what: 'streams at a time', default: 50, min: 1, max: 500 },
    seconds: { what: 'seconds of each', default: 5, min: 1, max: 300 },
  },
  async run({ streams, seconds }) {
    const costs: Partial<Record<Way, Cost>> = {};
    for (const way of ['nothing', 'batches', 'alone'] as const) {
      costs[way] = await measure(way, streams, seconds);
    }
    const lines = Object.entries(costs).map(
      ([way, { cpuMsPerStreamSecond, beatLateMs }]) =>
        `${way}: ${cpuMsPerStreamSecond} ms of CPU per second of a stream; beats late ${beatLateMs.p99} ms (p99)`,
    );
    return { report: lines.join('\n'), json: { streams, seconds, ...costs }, errors: 0 };
  },
};

/** `nothing`: the same audio at the same pace, and nobody listens. */
async function measure(way: Way, streams: number, seconds: number): Promise<Cost> {
  const detector = createVoiceActivity({ load: way === 'alone' ? loadAlone : loadSilero });
  if (way !== 'nothing') await detector.ready();
  if (way !== 'nothing' && detector.method !== 'model') throw new Error('There is no model.');
  const audio = noise(seconds * 8_000);
  const voices = Array.from({ length: streams }, () => detector.open(() => {}));
  const lateMs: number[] = [];
  const before = process.cpuUsage();
  await atPace(seconds, lateMs, (frame) => {
    if (way === 'nothing') return;
    const piece = audio.subarray(frame * FRAME, (frame + 1) * FRAME);
    for (const voice of voices) voice.send(piece);
  });
  const { user, system } = process.cpuUsage(before);
  await detector.close();
  const cpuMs = (user + system) / 1_000 / streams / seconds;
  return {
    cpuMsPerStreamSecond: hundredths(cpuMs),
    cpuSecondsPerStreamMinute: hundredths((cpuMs * 60) / 1_000),
    beatLateMs: summarize(lateMs),
  };
}

async function atPace(
  seconds: number,
  lateMs: number[],
  send: (frame: number) => void,
): Promise<void> {
  const ticker = createTicker({ onBeat: (late) => lateMs.push(late) });
  const startMs = MONOTONIC.now();
  const frames = (seconds * 1_000) / FRAME_MS;
  let sent = 0;
  // The beat keeps no process alive.
  const awake = setInterval(() => {}, 1_000);
  await new Promise<void>((resolve) => {
    ticker.add((nowMs) => {
      for (; sent < frames && sent * FRAME_MS < nowMs - startMs; sent += 1) send(sent);
      if (sent === frames) resolve();
    });
  });
  clearInterval(awake);
  ticker.close();
}

/** The model, asked about one stream after the other. */
async function loadAlone(): Promise<VoiceModel> {
  const model = await loadSilero();
  return {
    close: () => model.close(),
    run: async (windows, states) => {
      const answers = new Float32Array(states.length);
      for (const [index, state] of states.entries()) {
        const window = windows.subarray(index * WINDOW_SAMPLES, (index + 1) * WINDOW_SAMPLES);
        answers[index] = (await model.run(window, [state]))[0] ?? 0;
      }
      return answers;
    },
  };
}

/** Soft noise in mu-law: its quietest steps but a few. */
function noise(samples: number): Uint8Array {
  return Uint8Array.from({ length: samples }, () => 0xd0 + Math.floor(Math.random() * 0x20));
}

const hundredths = (value: number) => Math.round(value * 100) / 100;
