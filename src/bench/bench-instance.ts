/** A whole instance for one benchmark: real processes, servers of its own, data that goes with it. */
import { randomBytes, randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { VARIABLE_NAMES } from '../config-variables.ts';
import type { Environment } from '../config.ts';
import { DEMO_ACCOUNT_SID, demoConfig } from '../demo/demo-config.ts';
import { freePort } from '../demo/free-port.ts';
import { startInstance } from '../instance.ts';
import type { AddressesFor, Instance } from '../instance.ts';
import { createLogger } from '../log.ts';
import { createUrls } from '../twilio/urls.ts';
import type { TwilioUrls } from '../twilio/urls.ts';
import type { BenchContext } from './benchmark.ts';
import { INSTANT_MODEL } from './instant-model.ts';
import { whenReady } from './ready.ts';
import { startStubTwilio } from './stub-twilio.ts';

/** What is known of an instance before it is started. */
export interface Place {
  urls: TwilioUrls;
  accountSid: string;
  authToken: string;
  /** Everything that it keeps is in here, and goes with it. */
  dataDir: string;
}

export interface BenchInstance extends Place {
  instance: Instance;
  /** Where its processes log. */
  logFile: string;
  /** Of sealed payloads, for `linkToTemporal`; none when they are not sealed. */
  secretKeys: readonly string[];
  /** Aborted when somebody has asked to stop: then everything is being stopped already. */
  stopping: AbortSignal;
}

/** What an instance finds around it. */
export interface Surroundings {
  /** Where the processes find their language model. */
  modelUrl: string;
  /** Whether payloads are sealed, with a key for this time alone. */
  isSealed?: boolean;
  /** Starts the Twilio that it asks; left out for one that knows nothing. */
  twilio?: (place: Place) => Promise<{ baseUrl: string; close(): Promise<void> }>;
  addressesFor?: AddressesFor;
  mediaProcesses?: number;
  /** What its processes are configured with beside that. */
  environment?: Environment;
}

/** Ctrl-C, and there is nothing to report. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const READY_MS = 30_000;
/** What was measured before Ctrl-C is reported when it is there so soon. */
const LAST_WORDS_MS = 15_000;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Starts an instance, has it used, stops it. Nothing is left, whatever happens. A signal stops the
 * instance and aborts `stopping`; `use` is then expected to return what it has.
 * @throws Interrupted when it has nothing.
 */
export async function withInstance<T>(
  context: BenchContext,
  surroundings: Surroundings,
  use: (bench: BenchInstance) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'voca-bench-'));
  const removeData = () => rmSync(dataDir, { recursive: true, force: true });
  process.once('exit', removeData); // a signal during the start ends this process at once
  const { signal: stopping, unhook } = stopSignal();
  try {
    // Below the ports that outgoing connections take, so that it is still free in a few seconds.
    const port = await freePort(randomInt(20_000, 30_000));
    const place: Place = {
      urls: createUrls(`http://127.0.0.1:${port}`),
      accountSid: DEMO_ACCOUNT_SID,
      authToken: randomBytes(16).toString('hex'),
      dataDir,
    };
    const twilio = await (surroundings.twilio?.(place) ?? startStubTwilio());
    try {
      const started = await start(context, surroundings, place, {
        port,
        twilioUrl: twilio.baseUrl,
      });
      try {
        const work = untilReady(started.instance.running.apiUrl).then(() =>
          use({ ...place, ...started, stopping }),
        );
        return await orInterrupted(work, stopping);
      } finally {
        await started.instance.stop();
      }
    } finally {
      await twilio.close();
    }
  } finally {
    unhook();
    removeData();
    process.off('exit', removeData);
  }
}

async function start(
  { env, progress }: BenchContext,
  { modelUrl, isSealed, addressesFor, mediaProcesses, environment }: Surroundings,
  { dataDir, authToken }: Place,
  { port, twilioUrl }: { port: number; twilioUrl: string },
): Promise<Pick<BenchInstance, 'instance' | 'logFile' | 'secretKeys'>> {
  const logFile = join(dataDir, 'logs', 'voca.log');
  mkdirSync(join(dataDir, 'logs'));
  const secretKeys = isSealed === true ? [randomBytes(32).toString('base64')] : [];
  const [VOCA_SECRET_KEY] = secretKeys;
  const own = {
    ...ownEnvironment(env, modelUrl),
    ...(VOCA_SECRET_KEY !== undefined && { VOCA_SECRET_KEY }),
    ...environment,
  };
  const made = demoConfig(own, { authToken, port, simulatorUrl: twilioUrl, dataDir });
  const destination = pino.destination({ dest: logFile, append: true, mode: 0o600, sync: true });
  const log = createLogger({ level: 'info', role: 'supervisor', destination });
  const instance = await startInstance({
    ...made,
    dataDir,
    progress,
    log,
    childLogFile: logFile,
    usualPorts: false,
    ...(addressesFor && { addressesFor }),
    ...(mediaProcesses !== undefined && { mediaProcesses }),
  });
  return { instance, logFile, secretKeys };
}

function stopSignal(): { signal: AbortSignal; unhook: () => void } {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // every caller listens
  const stop = () => controller.abort();
  for (const name of STOP_SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    unhook: () => STOP_SIGNALS.forEach((name) => process.off(name, stop)),
  };
}

/** @throws Interrupted when the work does not end soon after the signal, or fails because of it. */
async function orInterrupted<T>(work: Promise<T>, stopping: AbortSignal): Promise<T> {
  const interrupted = new Interrupted('The benchmark was stopped.');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const startTimer = () => (timer = setTimeout(() => reject(interrupted), LAST_WORDS_MS));
    stopping.addEventListener('abort', startTimer, { once: true });
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw stopping.aborted ? interrupted : error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Nothing that is configured for real use reaches a benchmark: its figures are to be had again
 * elsewhere, and its calls must not land in anybody's database.
 */
export function ownEnvironment(env: Environment, modelUrl: string): Environment {
  const bare = { ...env };
  for (const name of VARIABLE_NAMES) delete bare[name];
  return {
    ...bare,
    VOCA_LLM: 'openai',
    OPENAI_BASE_URL: modelUrl,
    OPENAI_API_KEY: 'no-key-needed',
    OPENAI_MODEL: INSTANT_MODEL,
  };
}

async function untilReady(apiUrl: string): Promise<void> {
  const readyAtMs = await whenReady(apiUrl, READY_MS);
  if (readyAtMs === undefined) throw new Error('The instance did not become ready.');
}
