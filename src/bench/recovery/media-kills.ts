/** The drill of kills while callers talk over streams: who carries them, and who leads to who does. */
import type { Progress } from '../../embedded/progress.ts';
import { seededRandom } from '../../simulator/faults/random.ts';
import { pause } from '../play-call.ts';
import { until } from './kills.ts';
import type { Doing, MediaCaller } from './media-caller.ts';
import type { MediaPool } from './media-pool.ts';
import type { Victims } from './victims.ts';

/** `both`: the two media workers at once. */
export type MediaVictim = 'media' | 'both' | 'api' | 'worker';

export interface PlannedMediaKill {
  victim: MediaVictim;
  processes: readonly string[];
  /** It comes when more callers are at this than usual. */
  aim: Doing;
  /** And so much later. */
  delayMs: number;
}

/** What a caller noticed of a kill. */
export interface MediaHit {
  callSid: string;
  victim: MediaVictim;
  doing: Doing;
  /** The stream was lost; without that nothing was to be noticed. */
  isLost: boolean;
  /** From the kill to the first sound on another stream; absent: none came. */
  silenceMs?: number;
}

export interface DoneMediaKill {
  victim: MediaVictim;
  processes: readonly string[];
  atMs: number;
  isBack: boolean;
  hits: readonly MediaHit[];
}

export interface MediaKillsOptions {
  plan: readonly PlannedMediaKill[];
  pool: Pick<MediaPool, 'live' | 'calls'>;
  victims: Pick<Victims, 'isThere' | 'kill'>;
  stopping: AbortSignal;
  progress: Progress;
}

/** The others are killed once for so many kills of a media worker. */
const OTHERS_EVERY = 4;
const MAX_DELAY_MS = 500;
const AIMS: readonly Doing[] = ['speaking', 'hearing'];
/** Of those on the line; whoever waits for it in vain takes what there is. */
const AIMED: Record<Doing, number> = { speaking: 0.35, hearing: 0.6, neither: 0.3 };
const AIM_MS = 15_000;
const BACK_MS = 60_000;
const CALM_MS = 60_000;
/** So soon a stream is over whose process is dead. */
const LOST_MS = 1_500;
const SOUND_MS = 30_000;
const LOOK_AGAIN_MS = 10;

/** In turn: the victims alternate; the rest comes in between. Pure. */
export function planMediaKills(seed: string, count: number): PlannedMediaKill[] {
  const others: MediaVictim[] = ['api', 'worker', 'both'];
  let media = 0;
  return Array.from({ length: count }, (_, at) => {
    const random = seededRandom(seed, 'media kills', at);
    const isOther = at % OTHERS_EVERY === OTHERS_EVERY - 1;
    const victim = (isOther && others[Math.floor(at / OTHERS_EVERY) % others.length]) || 'media';
    const which = victim === 'media' ? (media++ % 2) + 1 : random.integer(1, 2);
    // Each worker is killed at each moment.
    const aim = AIMS[Math.floor(at / 2) % AIMS.length] ?? 'hearing';
    const processes =
      victim === 'both' ? ['voca-media-1', 'voca-media-2'] : [`voca-${victim}-${which}`];
    return { victim, processes, aim, delayMs: random.integer(0, MAX_DELAY_MS) };
  });
}

/** @returns what was done, in order. */
export async function runMediaKills(options: MediaKillsOptions): Promise<DoneMediaKill[]> {
  const { plan, pool, stopping, progress } = options;
  const done: DoneMediaKill[] = [];
  const isTalking = () => pool.live.length > 0 && pool.live.every(({ answered }) => answered > 0);
  await until(isTalking, CALM_MS, stopping);
  for (const [at, planned] of plan.entries()) {
    if (stopping.aborted) break;
    progress.live(
      `kill ${at + 1} of ${plan.length} under streams: ${planned.processes.join(' and ')} ` +
        `(${pool.live.length} streams, ${pool.calls} calls so far)`,
    );
    await until(() => isAimed(pool, planned.aim), AIM_MS, stopping);
    await pause(planned.delayMs, stopping);
    const isCalm = calmAfter(pool);
    const kill = await killOne(planned, options);
    if (kill) done.push(kill);
    await until(isCalm, CALM_MS, stopping);
  }
  return done;
}

async function killOne(
  { victim, processes }: PlannedMediaKill,
  { victims, pool, stopping }: MediaKillsOptions,
): Promise<DoneMediaKill | undefined> {
  const wait = { withinMs: BACK_MS, stopping };
  for (const name of ['voca-media-1', 'voca-media-2', ...processes]) {
    if (!(await victims.isThere(name, wait))) return undefined;
  }
  // Where everybody is, and then the kill: nothing may happen in between.
  const before = pool.live.map((caller) => ({ caller, doing: caller.doing }));
  const atMs = Date.now();
  const streams = before.map(({ caller }) => caller.phone.stream);
  const killed = processes.map((name) => ({ name, pid: victims.kill(name) }));
  const hits = before.map(({ caller, doing }, at) =>
    hitOf(caller, streams[at], { victim, doing, atMs, stopping }),
  );
  const back = killed.map(({ name, pid }) => victims.isThere(name, { ...wait, killedPid: pid }));
  const isBack = (await Promise.all(back)).every(Boolean);
  const found = (await Promise.all(hits)).filter((hit) => hit !== undefined);
  return stopping.aborted ? undefined : { victim, processes, atMs, isBack, hits: found };
}

interface Kill {
  victim: MediaVictim;
  doing: Doing;
  atMs: number;
  stopping: AbortSignal;
}

/** Nothing of a caller who had no stream, or has hung up before anything was heard again. */
async function hitOf(
  { phone }: MediaCaller,
  stream: MediaCaller['phone']['stream'],
  { victim, doing, atMs, stopping }: Kill,
): Promise<MediaHit | undefined> {
  if (!stream) return undefined;
  const hit = { callSid: phone.callSid, victim, doing };
  if (!(await until(() => stream.isOver || phone.isOver, LOST_MS, stopping))) {
    return { ...hit, isLost: false };
  }
  let soundAtMs: number | undefined;
  const isHeard = () => {
    const next = phone.stream === stream ? undefined : phone.stream;
    soundAtMs = next?.firstAudibleAfter(atMs);
    return soundAtMs !== undefined || phone.isOver;
  };
  await looking(isHeard, stopping);
  if (phone.isOver && soundAtMs === undefined) return undefined;
  const silence = soundAtMs === undefined ? {} : { silenceMs: soundAtMs - atMs };
  return { ...hit, isLost: true, ...silence };
}

async function looking(isSo: () => boolean, stopping: AbortSignal): Promise<void> {
  const end = Date.now() + SOUND_MS;
  while (!isSo() && Date.now() < end && !stopping.aborted) await pause(LOOK_AGAIN_MS, stopping);
}

function isAimed({ live }: MediaKillsOptions['pool'], aim: Doing): boolean {
  const hit = live.filter(({ doing }) => doing === aim).length;
  return live.length > 0 && hit >= live.length * AIMED[aim];
}

/** Whether everybody who was on the line at this moment has been answered since, or is gone. */
function calmAfter(pool: MediaKillsOptions['pool']): () => boolean {
  const before = new Map(pool.live.map((caller) => [caller, caller.answered]));
  return () => pool.live.every((caller) => caller.answered > (before.get(caller) ?? 0));
}
