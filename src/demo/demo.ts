/** The whole demo but the talking: an instance on this machine and a simulated Twilio in front. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../config.ts';
import { defaultDataDir } from '../embedded/data-dir.ts';
import type { Progress } from '../embedded/progress.ts';
import { startInstance } from '../instance.ts';
import type { Instance } from '../instance.ts';
import { createLogger } from '../log.ts';
import { startSimulator } from '../simulator/simulator.ts';
import type { Simulator, SimulatorOptions } from '../simulator/simulator.ts';
import { createUrls } from '../twilio/urls.ts';
import { pino } from 'pino';
import {
  DEMO_ACCOUNT_SID,
  DEMO_NUMBER,
  DEMO_STREAM_NUMBER,
  demoAuthToken,
  demoConfig,
} from './demo-config.ts';
import { freePort } from './free-port.ts';
import { putStreamAssistant } from './stream-assistant.ts';

export interface Demo {
  instance: Instance;
  simulator: Simulator;
  dataDir: string;
  /** It was chosen by VOCA_DATA_DIR. */
  isOwnDataDir: boolean;
  logFile: string;
  /** Of calls over a stream: what each side heard, as WAV files. */
  recordings: string;
  stop(): Promise<void>;
}

export interface DemoOptions {
  env: Environment;
  progress: Progress;
  /** Left out for the usual one of the demo. */
  dataDir?: string;
  simulator?: Partial<SimulatorOptions>;
  usualPorts?: boolean;
}

const USUAL_PORT = 5000;
const READY_MS = 30_000;
const LOOK_AGAIN_MS = 100;

export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { env, progress } = options;
  const dataDir = options.dataDir ?? (env['VOCA_DATA_DIR'] || defaultDataDir('demo', env));
  const logs = join(dataDir, 'logs');
  mkdirSync(logs, { recursive: true });
  const logFile = join(logs, 'voca.log');
  const authToken = demoAuthToken();
  const port = await freePort(Number(env['PORT'] || USUAL_PORT));
  const urls = createUrls(`http://127.0.0.1:${port}`);
  const recordings = join(dataDir, 'recordings');
  mkdirSync(recordings, { recursive: true, mode: 0o700 });
  const simulator = await startSimulator({
    accountSid: DEMO_ACCOUNT_SID,
    authToken,
    numbers: [DEMO_NUMBER, DEMO_STREAM_NUMBER].map((phoneNumber) => ({
      phoneNumber,
      voiceUrl: urls.voice(),
      voiceFallbackUrl: urls.fallback(),
      statusCallback: urls.status(),
    })),
    recordTo: recordings,
    ...options.simulator,
  });
  try {
    const made = demoConfig(env, { authToken, port, simulatorUrl: simulator.baseUrl, dataDir });
    const destination = pino.destination({ dest: logFile, append: true, mode: 0o600, sync: true });
    const instance = await startInstance({
      ...made,
      dataDir,
      progress,
      log: createLogger({ level: 'info', role: 'supervisor', destination }),
      childLogFile: logFile,
      usualPorts: options.usualPorts ?? true,
    });
    const stop = async () => {
      await simulator.close();
      await instance.stop();
    };
    try {
      await putStreamAssistant(instance.databaseUrl);
      await simulator.prepareWords('hello'); // which voice there is shows when it speaks
      await untilReady(instance.running.apiUrl);
    } catch (error) {
      await stop();
      throw error;
    }
    const isOwnDataDir = Boolean(env['VOCA_DATA_DIR']);
    return { instance, simulator, dataDir, isOwnDataDir, logFile, recordings, stop };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

async function untilReady(apiUrl: string): Promise<void> {
  const end = Date.now() + READY_MS;
  let missing = 'the api';
  while (Date.now() < end) {
    try {
      const answer = await fetch(`${apiUrl}/readyz`);
      const body = (await answer.json()) as { missing: string[] };
      if (answer.ok) return;
      missing = body.missing.join(', ');
    } catch {
      missing = 'the api';
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  throw new Error(`The demo did not become ready: ${missing} is missing. See the log.`);
}
