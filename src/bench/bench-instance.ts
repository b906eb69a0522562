/** A whole instance for one benchmark: real processes, servers of its own, data that goes with it. */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { VARIABLE_NAMES } from '../config-variables.ts';
import type { Environment } from '../config.ts';
import { DEMO_ACCOUNT_SID, demoConfig } from '../demo/demo-config.ts';
import { freePort } from '../demo/free-port.ts';
import { startInstance } from '../instance.ts';
import type { Instance } from '../instance.ts';
import { createLogger } from '../log.ts';
import { createUrls } from '../twilio/urls.ts';
import type { TwilioUrls } from '../twilio/urls.ts';
import type { BenchContext } from './benchmark.ts';
import { INSTANT_MODEL } from './instant-model.ts';

export interface BenchInstance {
  instance: Instance;
  urls: TwilioUrls;
  accountSid: string;
  authToken: string;
}

/** Ctrl-C: everything has been stopped because of it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const READY_MS = 30_000;
const LOOK_AGAIN_MS = 100;

/**
 * Starts an instance, has it used, stops it. Nothing is left, whatever happens.
 * @param modelUrl where the processes find their language model
 * @throws Interrupted when a signal asked to stop.
 */
export async function withInstance<T>(
  { env, progress }: BenchContext,
  modelUrl: string,
  use: (bench: BenchInstance) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'voca-bench-'));
  const removeData = () => rmSync(dataDir, { recursive: true, force: true });
  process.once('exit', removeData); // a signal during the start ends this process at once
  const logFile = join(dataDir, 'logs', 'voca.log');
  mkdirSync(join(dataDir, 'logs'));
  const authToken = randomBytes(16).toString('hex');
  // Below the ports that outgoing connections take, so that it is still free in a few seconds.
  const port = await freePort(randomInt(20_000, 30_000));
  const own = ownEnvironment(env, modelUrl);
  const made = demoConfig(own, { authToken, port, simulatorUrl: modelUrl, dataDir });
  const destination = pino.destination({ dest: logFile, append: true, mode: 0o600, sync: true });
  const log = createLogger({ level: 'info', role: 'supervisor', destination });
  try {
    const instance = await startInstance({
      ...made,
      dataDir,
      progress,
      log,
      childLogFile: logFile,
      usualPorts: false,
    });
    const interrupted = instance.signalled.then((): never => {
      throw new Interrupted('The benchmark was stopped.');
    });
    const work = async () => {
      await untilReady(instance.running.apiUrl);
      const urls = createUrls(instance.running.apiUrl);
      return use({ instance, urls, accountSid: DEMO_ACCOUNT_SID, authToken });
    };
    try {
      return await Promise.race([work(), interrupted]);
    } finally {
      await instance.stop();
    }
  } finally {
    removeData();
    process.off('exit', removeData);
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
  const end = Date.now() + READY_MS;
  for (;;) {
    const isReady = await fetch(`${apiUrl}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (Date.now() > end) throw new Error('The instance did not become ready.');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
