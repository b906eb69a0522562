/**
 * `npm run bench -- media`: how soon callers on streams are answered and how soon an assistant is silent
 * when they interrupt it, beside what vendors take; and what a stream costs.
 */
import { randomInt } from 'node:crypto';
import { cpus, loadavg } from 'node:os';
import { freePort } from '../../demo/free-port.ts';
import { UsageError } from '../arguments.ts';
import { withInstance } from '../bench-instance.ts';
import type { BenchInstance, Surroundings } from '../bench-instance.ts';
import { callsLeftOpen, withDatabase } from '../bench-servers.ts';
import type { Benchmark, BenchContext, BenchResult } from '../benchmark.ts';
import { putAssistant } from './assistant.ts';
import { criticalPathMs, inSequenceMs } from './delays.ts';
import type { Delays } from './delays.ts';
import { mbPerStream, mediaGoals } from './media-figures.ts';
import type { MediaFigures, PhaseFigures } from './media-figures.ts';
import { renderMedia } from './media-report.ts';
import { heldMb, playPhase } from './phase.ts';
import type { PhaseParts } from './phase.ts';
import { Callers } from './start-callers.ts';
import { startVendors } from './start-vendors.ts';
import type { Vendors } from './start-vendors.ts';

type Option =
  | 'streams'
  | 'seconds'
  | 'ramp'
  | 'pause'
  | 'endpointing'
  | 'recogniser'
  | 'model'
  | 'voice'
  | 'workers'
  | 'sealed';
type Options = Record<Option, number>;

const PHASES = '1,10,50,100';
const MAX_STREAMS = 1000;

export const mediaBenchmark: Benchmark<Option> = {
  summary: 'streams of audio: how soon callers are answered, and what a stream costs',
  options: {
    streams: { what: 'at once; 0: as --phases has it', default: 0, min: 0, max: MAX_STREAMS },
    seconds: { what: 'that all of them talk', default: 60, min: 1, max: 3600 },
    ramp: { what: 'ms from one call to the next', default: 250, min: 0, max: 60_000 },
    pause: { what: 'ms before a caller speaks, at most', default: 2500, min: 0, max: 60_000 },
    endpointing: { what: 'ms that a caller must be silent', default: 300, min: 0, max: 3000 },
    recogniser: { what: 'ms to the last words', default: 100, min: 0, max: 3000 },
    model: { what: 'ms to the first token', default: 200, min: 0, max: 10_000 },
    voice: { what: 'ms to the first audio', default: 100, min: 0, max: 10_000 },
    workers: { what: 'media workers', default: 2, min: 1, max: 2 },
    sealed: { what: '1 to seal payloads with a key, 0 not to', default: 1, min: 0, max: 1 },
  },
  texts: { phases: `numbers of streams, one after the other (default ${PHASES})` },
  async run(options, context) {
    const sizes = options.streams > 0 ? [options.streams] : sizesIn(context.texts?.['phases']);
    const { endpointing, recogniser, model, voice } = options;
    const delays = { endpointing, recogniser, model, voice };
    const vendors = await startVendors(delays);
    try {
      return await withStreams(context, options, vendors, (bench, callers, metricsPort) =>
        measure(
          { bench, callers, vendorsPid: vendors.pid, metricsPort },
          {
            ...{ sizes, delays, options, context },
          },
        ),
      );
    } finally {
      await vendors.stop();
    }
  },
};

/** @throws UsageError */
export function sizesIn(text = PHASES): number[] {
  const sizes = text.split(',').map(Number);
  const areSizes = sizes.every((size) => Number.isInteger(size) && size > 0 && size <= MAX_STREAMS);
  if (!areSizes) throw new UsageError(`--phases is numbers from 1 to ${MAX_STREAMS}: ${PHASES}`);
  return sizes;
}

async function withStreams<T>(
  context: BenchContext,
  { sealed, workers }: Options,
  vendors: Vendors,
  use: (bench: BenchInstance, callers: Callers, metricsPort: number) => Promise<T>,
): Promise<T> {
  let callers: Callers | undefined;
  const metricsPort = await freePort(randomInt(20_000, 30_000));
  const surroundings: Surroundings = {
    modelUrl: vendors.model,
    isSealed: sealed === 1,
    mediaProcesses: workers,
    twilio: async (place) => (callers = await Callers.start(place)),
    environment: {
      VOCA_STT: 'deepgram',
      DEEPGRAM_API_KEY: 'no-key-needed',
      DEEPGRAM_BASE_URL: vendors.recogniser,
      VOCA_TTS: 'elevenlabs',
      ELEVENLABS_API_KEY: 'no-key-needed',
      ELEVENLABS_BASE_URL: vendors.voice,
      METRICS_PORT: String(metricsPort),
    },
  };
  return withInstance(context, surroundings, (bench) => {
    if (!callers) throw new Error('Nobody can call.');
    return use(bench, callers, metricsPort);
  });
}

interface Plan {
  sizes: readonly number[];
  delays: Delays;
  options: Options;
  context: BenchContext;
}

async function measure(
  parts: Omit<PhaseParts, 'workers' | 'delays'>,
  { sizes, delays, options, context: { progress } }: Plan,
): Promise<BenchResult> {
  const { bench, callers } = parts;
  const { stopping } = bench;
  const { workers } = options;
  const loadBefore = loadavg()[0] ?? 0;
  await withDatabase(bench, (owner) => putAssistant(owner, delays));
  stopping.addEventListener('abort', () => void callers.close());
  const order = { seconds: options.seconds, rampMs: options.ramp, pauseMs: options.pause };
  const phases: PhaseFigures[] = [];
  for (const streams of sizes) {
    if (stopping.aborted) break;
    progress.say(`${streams} streams for ${options.seconds} s ...`);
    try {
      const isLast = phases.length === sizes.length - 1;
      phases.push(await playPhase({ ...parts, workers, delays }, { ...order, streams }, isLast));
    } catch (error) {
      if (!stopping.aborted) throw error;
    }
  }
  progress.say('Waiting until all calls are closed ...');
  const open = stopping.aborted ? [] : await callsLeftOpen(bench);
  const emptyMb = stopping.aborted ? null : await heldMb(bench);
  const figures: MediaFigures = {
    benchmark: 'media',
    delays,
    workers,
    criticalPathMs: criticalPathMs(delays),
    inSequenceMs: inSequenceMs(delays),
    phases,
    emptyMb,
    mbPerStream: mbPerStream(phases, emptyMb),
    errors: phases.reduce((sum, { errors }) => sum + errors, open?.length ?? 1),
    goals: mediaGoals(phases, emptyMb),
    node: process.version,
    cores: cpus().length,
    load: [loadBefore, loadavg()[0] ?? 0],
    interrupted: stopping.aborted,
  };
  return {
    report: renderMedia(figures),
    json: { ...figures },
    errors: figures.errors,
    interrupted: stopping.aborted,
  };
}
