/** Callers on streams while those are killed who carry and lead them. */
import { putStreamAssistant } from '../../demo/stream-assistant.ts';
import type { Progress } from '../../embedded/progress.ts';
import { demoAssistant } from '../../orchestrator/index.ts';
import type { Simulator } from '../../simulator/index.ts';
import type { BenchInstance, Surroundings } from '../bench-instance.ts';
import { startVendors } from '../media/start-vendors.ts';
import type { Vendors } from '../media/start-vendors.ts';
import type { DrillModel } from './drill-model.ts';
import type { DoneMediaPart } from './media-figures.ts';
import { planMediaKills, runMediaKills } from './media-kills.ts';
import { MediaPool } from './media-pool.ts';
import { Victims } from './victims.ts';

export interface MediaPartOptions {
  bench: BenchInstance;
  simulator: Simulator;
  model: DrillModel;
  seed: string;
  streams: number;
  kills: number;
  progress: Progress;
}

/** As quick vendors are. */
const DELAYS = { endpointing: 0, recogniser: 100, model: 200, voice: 100 };

/** The vendors of speech; they understand and write captions. Their model is not asked. */
export function startSpeechVendors(): Promise<Vendors> {
  return startVendors(DELAYS);
}

/** For an instance that asks these vendors. */
export function asking({ recogniser, voice }: Vendors): NonNullable<Surroundings['environment']> {
  return {
    VOCA_STT: 'deepgram',
    DEEPGRAM_API_KEY: 'no-key-needed',
    DEEPGRAM_BASE_URL: recogniser,
    VOCA_TTS: 'elevenlabs',
    ELEVENLABS_API_KEY: 'no-key-needed',
    ELEVENLABS_BASE_URL: voice,
  };
}

/** @returns what was done, and the calls that ended otherwise than by their callers */
export async function mediaPart(
  options: MediaPartOptions,
): Promise<{ part: DoneMediaPart; problems: readonly string[] }> {
  const { bench, simulator, model, seed, streams, kills: planned, progress } = options;
  const { stopping, instance } = bench;
  progress.say(`${planned} kills under ${streams} streams ...`);
  await putStreamAssistant(instance.databaseUrl);
  model.thinkMs = DELAYS.model;
  const greeting = demoAssistant.firstMessage;
  const pool = new MediaPool({ simulator, seed, calls: streams, greeting, stopping });
  const kills = await runMediaKills({
    plan: planMediaKills(seed, planned),
    pool,
    victims: new Victims(bench),
    stopping,
    progress,
  });
  await pool.close();
  model.thinkMs = 0;
  const { calls, cutSentences, saidAgain, problems } = pool;
  return { part: { streams, planned, kills, calls, cutSentences, saidAgain }, problems };
}
