/**
 * Twilio and its callers in a process of their own, whose clock nothing else disturbs. Orders come as
 * messages, and what is told goes back so; it ends with whoever started it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DEMO_CALLER } from '../../demo/demo-config.ts';
import { seededRandom } from '../../simulator/faults/random.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { CallerVoice } from '../../simulator/streams/caller-voice.ts';
import { SAMPLES_PER_MS } from '../../simulator/streams/format.ts';
import { deferred } from '../../supervisor/deferred.ts';
import { pause } from '../play-call.ts';
import { Caller } from './caller.ts';
import type { CallersNews, CallersOrder, PhaseOrder } from './callers-order.ts';
import { GREETING } from './assistant.ts';
import type { Heard } from './tally.ts';
import { Tally } from './tally.ts';
import { ALL_WORDS, INTERRUPTIONS } from './talk.ts';
import { voiceFrom } from './voice-onset.ts';

const TIMER_MS = 5;
const ns = (value: number): number => Math.round(value / 1e5) / 10;

const tell = (news: CallersNews): void => void process.send?.(news);

async function listen(order: Extract<CallersOrder, { do: 'listen' }>): Promise<Simulator> {
  const { accountSid, authToken, number, webhooks } = order;
  const { voice: voiceUrl, fallback: voiceFallbackUrl, status: statusCallback } = webhooks;
  const where = { phoneNumber: number, voiceUrl, voiceFallbackUrl, statusCallback };
  const simulator = await startSimulator({ accountSid, authToken, numbers: [where] });
  // Nobody waits for a voice in mid-call.
  await simulator.prepareWords(...ALL_WORDS);
  voiceAfterMs = await voicesOf(INTERRUPTIONS);
  return simulator;
}

async function play(
  simulator: Simulator,
  to: string,
  { streams, seconds, rampMs, pauseMs }: PhaseOrder,
): Promise<Heard> {
  const tally = new Tally();
  const stop = simulator.log.subscribe((entry) => {
    if (entry.kind === 'error') tally.failed(`Twilio's error ${entry.code}: ${entry.message}`);
  });
  const loop = monitorEventLoopDelay({ resolution: TIMER_MS });
  let isOver = false;
  const greeted: Promise<boolean>[] = [];
  const callers: Caller[] = [];
  const talks: Promise<void>[] = [];
  for (let each = 0; each < streams; each += 1) {
    const phone = simulator.dial({ from: DEMO_CALLER, to });
    const random = seededRandom('media', streams, each);
    const parts = { phone, log: simulator.log, random, tally, pauseMs };
    const caller = new Caller({ ...parts, greeting: GREETING, voiceAfterMs });
    callers.push(caller);
    const isGreeted = caller.isGreeted().then(
      () => true,
      () => {
        tally.failed('not greeted');
        return false;
      },
    );
    greeted.push(isGreeted);
    talks.push(isGreeted.then((isUp) => (isUp ? caller.talk(() => isOver) : undefined)));
    await pause(rampMs);
  }
  await Promise.all(greeted);
  loop.enable();
  tell({ told: 'up' });
  await pause(seconds * 1000);
  isOver = true;
  loop.disable();
  tell({ told: 'over' });
  await Promise.all(talks);
  const mayHangUp = deferred<void>();
  hangUp = () => mayHangUp.resolve();
  tell({ told: 'silent' });
  await mayHangUp.promise;
  await Promise.all(callers.map((caller) => caller.hangUp()));
  stop();
  const late = (percent: number) => ns(loop.percentile(percent)) - TIMER_MS;
  return tally.heard({
    voice: simulator.callerVoice ?? 'tones',
    lateMs: { p50: late(50), p99: late(99), max: late(100) },
  });
}

/** Made once more, as the same voice says the same words in the same way. */
async function voicesOf(texts: readonly string[]): Promise<Map<string, number>> {
  const voice = new CallerVoice();
  const found = new Map<string, number>();
  for (const text of texts) {
    const { audio, audible } = await voice.speak(text);
    found.set(text, (voiceFrom(audio) - audible.from) / SAMPLES_PER_MS);
  }
  return found;
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : 'The callers failed.'}\n`);
  process.exit(1);
}

// A terminal tells everybody; this one ends with its parent.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit(0));
let simulator: Simulator | undefined;
let number = '';
let hangUp: () => void = () => undefined;
let voiceAfterMs: ReadonlyMap<string, number> = new Map();
process.on('message', (message) => {
  const order = message as CallersOrder;
  if (order.do === 'listen') {
    ({ number } = order);
    listen(order).then((started) => {
      simulator = started;
      tell({ told: 'listening', baseUrl: started.baseUrl });
    }, fail);
  } else if (order.do === 'hang-up') {
    hangUp();
  } else if (simulator) {
    play(simulator, number, order.phase).then((heard) => tell({ told: 'played', heard }), fail);
  }
});
