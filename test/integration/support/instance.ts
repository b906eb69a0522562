/**
 * The real thing: `npm start` as its own processes with embedded servers, Twilio simulated in this
 * process, the model a scripted vendor. What is tested is what an operator runs.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Evidence,
  LineChange,
  LineName,
  ProductLog,
  TcpProxy,
} from '../../../src/drill/index.ts';
import {
  passwordIn,
  readProductLogs,
  RemoteLines,
  startTcpProxy,
} from '../../../src/drill/index.ts';
import { createCallRecords } from '../../../src/db/call-records.ts';
import { createDatabase } from '../../../src/db/pool.ts';
import type { Database } from '../../../src/db/pool.ts';
import { DEMO_STREAM_NUMBER } from '../../../src/demo/demo-config.ts';
import { readPidFile, runDir } from '../../../src/embedded/index.ts';
import { USUAL_PORTS } from '../../../src/embedded/ports.ts';
import { postgresUrl } from '../../../src/embedded/postgres.ts';
import { inboundCallId } from '../../../src/ids.ts';
import { findInstance } from '../../../src/running.ts';
import { startSimulator } from '../../../src/simulator/index.ts';
import type { FaultScript, Phone, Simulator } from '../../../src/simulator/index.ts';
import { linkToTemporal } from '../../../src/temporal/connection.ts';
import type { TemporalLink } from '../../../src/temporal/connection.ts';
import { createUrls } from '../../../src/twilio/urls.ts';
import type { TwilioUrls } from '../../../src/twilio/urls.ts';
import { startFakeOpenAi } from '../../fakes/fake-openai.ts';
import type { FakeOpenAi } from '../../fakes/fake-openai.ts';
import { eventually } from './eventually.ts';
import { collectFrom } from './evidence.ts';
import type { RunNotes } from './evidence.ts';
import { CALLER, freePort, OUR_NUMBER } from './voca.ts';

export type ProcessName =
  | 'voca-api-1'
  | 'voca-api-2'
  | 'voca-worker-1'
  | 'voca-worker-2'
  | 'voca-media-1'
  | 'voca-media-2'
  | 'voca-temporal'
  | 'voca-postgres';

export const PROCESSES: ProcessName[] = [
  'voca-api-1',
  'voca-api-2',
  'voca-worker-1',
  'voca-worker-2',
  'voca-media-1',
  'voca-media-2',
  'voca-temporal',
  'voca-postgres',
];

const MODEL_KEY = 'sk-canary-of-the-drill';
/** A connection is held for 10 s at most, while no process can take it. */
const LONGEST_ANSWER_MS = 12_000;

interface InstanceOptions {
  /** What Twilio and the callers do wrong. */
  faults?: FaultScript;
  /** With a bad line between any two: see `disturb` and `twilio`. */
  lines?: boolean;
}

export interface TwilioLines {
  /** The webhooks' way. */
  toApi: TcpProxy;
  /** The way of our questions to Twilio. */
  toRest: TcpProxy;
}

export class RunningInstance {
  readonly dataDir: string;
  readonly simulator: Simulator;
  readonly model: FakeOpenAi;
  readonly modelStartedMs = Date.now(); // made just behind it
  readonly urls: TwilioUrls;
  readonly #env: Record<string, string>;
  /** Between Twilio and us, when the instance was started with lines. */
  readonly twilio: TwilioLines | undefined;
  #main: ChildProcess | undefined;
  #lines: RemoteLines | undefined;
  #database: Database | undefined;
  #link: TemporalLink | undefined;

  private constructor(
    dataDir: string,
    simulator: Simulator,
    model: FakeOpenAi,
    urls: TwilioUrls,
    env: Record<string, string>,
    twilio?: TwilioLines,
  ) {
    this.dataDir = dataDir;
    this.simulator = simulator;
    this.model = model;
    this.urls = urls;
    this.#env = env;
    this.twilio = twilio;
  }

  /** @param more variables beside the usual ones */
  static async start(
    more: Record<string, string> = {},
    { faults, lines = false }: InstanceOptions = {},
  ): Promise<RunningInstance> {
    const dataDir = mkdtempSync(join(tmpdir(), 'voca-drill-'));
    chmodSync(dataDir, 0o711); // an embedded PostgreSQL's user has to pass through
    await leaveUsualPorts(dataDir);
    const port = await freePort();
    const toApi = lines ? await startTcpProxy(`127.0.0.1:${port}`) : undefined;
    const baseUrl = `http://127.0.0.1:${toApi?.port ?? port}`;
    const urls = createUrls(baseUrl);
    const authToken = randomBytes(16).toString('hex');
    const model = await startFakeOpenAi();
    const simulator = await startSimulator({
      authToken,
      msPerCharacter: 0,
      fastForward: true,
      truthLogPath: join(dataDir, 'truth.jsonl'),
      ...(faults && { faults }),
      numbers: [OUR_NUMBER, DEMO_STREAM_NUMBER].map((phoneNumber) => ({
        phoneNumber,
        voiceUrl: urls.voice(),
        voiceFallbackUrl: urls.fallback(),
        statusCallback: urls.status(),
      })),
    });
    const toRest = toApi && (await startTcpProxy(new URL(simulator.baseUrl).host));
    const { PATH = '', HOME = '' } = process.env;
    const env = {
      PATH,
      HOME,
      TWILIO_ACCOUNT_SID: simulator.accountSid,
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_PHONE_NUMBER: OUR_NUMBER,
      TWILIO_WEBHOOK_URL: baseUrl,
      TWILIO_API_BASE_URL: toRest ? `http://${toRest.address}` : simulator.baseUrl,
      PORT: String(port),
      VOCA_DATA_DIR: dataDir,
      VOCA_LLM: 'openai',
      OPENAI_API_KEY: MODEL_KEY,
      OPENAI_BASE_URL: model.baseURL,
      OPENAI_MODEL: 'fake-model',
      VOCA_ALLOW_LOCAL_WEBHOOKS: 'true',
      ...more,
    };
    const twilio = toApi && toRest && { toApi, toRest };
    const instance = new RunningInstance(dataDir, simulator, model, urls, env, twilio);
    try {
      await instance.startProcesses();
    } catch (error) {
      await instance.stop();
      throw error;
    }
    return instance;
  }

  /** Disturbs the line between a role and a server; only when it was started with lines. */
  async disturb(line: LineName, change: LineChange): Promise<void> {
    if (!this.#lines) throw new Error('the instance was started without lines');
    await this.#lines.change(line, change);
  }

  /** What the history checker wants to know. Waits until every call is closed and written. */
  evidence(notes: RunNotes): Promise<Evidence> {
    return collectFrom(this, {
      ...notes,
      secrets: [this.#env['TWILIO_AUTH_TOKEN'] ?? '', MODEL_KEY, passwordIn(this.databaseUrl)],
    });
  }

  /** `npm start`, until calls can be taken. Also after everything was killed. */
  async startProcesses(): Promise<void> {
    const log = openSync(join(this.dataDir, 'out.log'), 'a');
    const file = this.twilio ? join('drill', 'instance-main.js') : 'main.js';
    const main = join(import.meta.dirname, '..', '..', '..', 'dist', 'src', file);
    const child = spawn(process.execPath, [main], {
      env: this.#env,
      stdio: ['ignore', log, log, 'ipc'],
    });
    this.#main = child;
    if (this.twilio) this.#lines = new RemoteLines(child);
    await eventually(
      async () => {
        // A start resets dozens of connections of whoever comes through a proxy: once, one of these
        // requests was never heard of again.
        const signal = AbortSignal.timeout(LONGEST_ANSWER_MS);
        const answer = await fetch(`${this.#env['TWILIO_WEBHOOK_URL']}/readyz`, { signal });
        if (!answer.ok) throw new Error(`not ready: ${await answer.text()}`);
      },
      { withinMs: 50_000 },
    );
  }

  pid(name: ProcessName): number {
    const pid = readPidFile(runDir(this.dataDir), name);
    if (pid === undefined) throw new Error(`${name} has no pid file`);
    return pid;
  }

  get supervisorPid(): number {
    return this.#main?.pid ?? 0;
  }

  kill(name: ProcessName): number {
    const pid = this.pid(name);
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  /** Waits until another process has taken the place of a killed one, and says that it is ready. */
  async isBack(name: ProcessName, killedPid: number): Promise<void> {
    await eventually(
      () => {
        const pid = this.pid(name);
        if (pid === killedPid) throw new Error(`${name} is not back`);
        process.kill(pid, 0);
        const isServer = name === 'voca-temporal' || name === 'voca-postgres';
        const isReady = new RegExp(`"pid":${pid},[^\\n]*"msg":"ready"`).test(this.output());
        if (!isServer && !isReady) throw new Error(`${name} is not ready`);
      },
      { withinMs: 40_000 },
    ); // starting takes seconds of work
  }

  dial(): Phone {
    return this.simulator.dial({ from: CALLER, to: OUR_NUMBER });
  }

  callIdOf(phone: Phone): string {
    return inboundCallId(this.simulator.accountSid, phone.callSid);
  }

  get databaseUrl(): string {
    const ports = JSON.parse(readFileSync(join(this.dataDir, 'ports.json'), 'utf8')) as {
      postgres: number;
    };
    return postgresUrl(this.dataDir, ports.postgres);
  }

  get database(): Database {
    this.#database ??= createDatabase({ url: this.databaseUrl, applicationName: 'voca-drill' });
    return this.#database;
  }

  records() {
    return createCallRecords(this.database);
  }

  get link(): TemporalLink {
    const running = findInstance(this.dataDir);
    if (!running) throw new Error('the instance does not run');
    this.#link ??= linkToTemporal({
      address: running.temporalAddress,
      namespace: running.namespace,
    });
    return this.#link;
  }

  /** Everything that our processes have said. */
  output(): string {
    return readFileSync(join(this.dataDir, 'out.log'), 'utf8');
  }

  logs(): ProductLog[] {
    return [{ name: 'voca.log', text: this.output() }, ...readProductLogs(this.dataDir)];
  }

  async stop(): Promise<void> {
    await this.simulator.close();
    await this.#database?.destroy();
    await this.#link?.close();
    const gone = new Promise((resolve) => this.#main?.once('exit', resolve));
    if (this.#main?.exitCode === null && this.#main.signalCode === null) {
      this.#main.kill('SIGTERM');
      await gone;
    }
    await this.model.close();
    await Promise.all([this.twilio?.toApi.close(), this.twilio?.toRest.close()]);
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Others may be starting at the same moment, and find the same ones free. */
async function leaveUsualPorts(dataDir: string): Promise<void> {
  const names = Object.keys(USUAL_PORTS);
  const ports = await Promise.all(names.map(async (name) => [name, await freePort()]));
  writeFileSync(join(dataDir, 'ports.json'), JSON.stringify(Object.fromEntries(ports)));
}
