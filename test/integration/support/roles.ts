/**
 * The roles as containers run them: each its own process, started with `--role` and stopped with
 * SIGTERM. In a namespace and a database of their own, so that versions of workers, schedules and
 * lists of calls are theirs alone.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../../../src/db/pool.ts';
import type { Database } from '../../../src/db/pool.ts';
import { passwordIn } from '../../../src/drill/index.ts';
import type { Evidence, ProductLog } from '../../../src/drill/index.ts';
import { inboundCallId } from '../../../src/ids.ts';
import { startSimulator } from '../../../src/simulator/index.ts';
import type { Phone, Simulator, SimulatorOptions } from '../../../src/simulator/index.ts';
import { linkToTemporal } from '../../../src/temporal/connection.ts';
import type { TemporalLink } from '../../../src/temporal/connection.ts';
import { createUrls } from '../../../src/twilio/urls.ts';
import { startFakeOpenAi } from '../../fakes/fake-openai.ts';
import type { FakeOpenAi } from '../../fakes/fake-openai.ts';
import { freshDatabase, stack } from '../stack.ts';
import type { FreshDatabase } from '../stack.ts';
import { eventually } from './eventually.ts';
import { collectFrom } from './evidence.ts';
import type { RunNotes } from './evidence.ts';
import { CALLER, freePort, OUR_NUMBER } from './voca.ts';

type Env = Record<string, string>;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const DIST = join(import.meta.dirname, '..', '..', '..', 'dist', 'src');
const SECONDS_OF_A_DAY = 86_400;
const MODEL_KEY = 'sk-canary-of-the-roles';

/** One process of a role. */
export class RoleProcess {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #logFile: string;

  constructor(process: ChildProcess, logFile: string) {
    this.#process = process;
    this.#logFile = logFile;
    this.exited = new Promise((resolve) => {
      process.once('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isGone(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Asks it to leave, as an operator or a container runtime does. */
  terminate(): Promise<Exit> {
    this.#process.kill('SIGTERM');
    return this.exited;
  }

  kill(): Promise<Exit> {
    this.#process.kill('SIGKILL');
    return this.exited;
  }

  output(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  async isReady(): Promise<this> {
    await eventually(
      () => {
        if (this.isGone) throw new Error(`it ended: ${this.output().slice(-2000)}`);
        if (!this.output().includes('"msg":"ready"')) throw new Error('it is not ready');
      },
      { withinMs: 40_000 },
    );
    return this;
  }
}

export class Roles {
  readonly simulator: Simulator;
  /** The one that every worker asks unless it is told otherwise. */
  readonly model: FakeOpenAi;
  /** In milliseconds since 1970; made just behind it. */
  readonly modelStartedMs = Date.now();
  readonly link: TemporalLink;
  readonly webhookUrl: string;
  readonly authToken: string;
  readonly #env: Env;
  /** The data folder of all processes. */
  readonly folder: string;
  readonly #database: FreshDatabase;
  readonly #processes: RoleProcess[] = [];
  #records: Database | undefined;

  private constructor(
    parts: Pick<Roles, 'simulator' | 'model' | 'link' | 'webhookUrl' | 'authToken'>,
    env: Env,
    folder: string,
    database: FreshDatabase,
  ) {
    this.simulator = parts.simulator;
    this.model = parts.model;
    this.link = parts.link;
    this.webhookUrl = parts.webhookUrl;
    this.authToken = parts.authToken;
    this.#env = env;
    this.folder = folder;
    this.#database = database;
  }

  /** Everything but the processes. @param env beside the usual variables, for all processes. */
  static async prepare(
    options: { env?: Env; simulator?: Partial<SimulatorOptions> } = {},
  ): Promise<Roles> {
    const namespace = await freshNamespace();
    const database = await freshDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'voca-roles-'));
    chmodSync(folder, 0o711); // an embedded PostgreSQL's user has to pass through
    const port = await freePort();
    const webhookUrl = `http://127.0.0.1:${port}`;
    const urls = createUrls(webhookUrl);
    const authToken = randomBytes(16).toString('hex');
    const model = await startFakeOpenAi();
    const simulator = await startSimulator({
      authToken,
      msPerCharacter: 0,
      fastForward: true,
      ...options.simulator,
      numbers: [
        {
          phoneNumber: OUR_NUMBER,
          voiceUrl: urls.voice(),
          voiceFallbackUrl: urls.fallback(),
          statusCallback: urls.status(),
        },
        ...(options.simulator?.numbers ?? []),
      ],
    });
    const { temporalAddress: address } = stack();
    const { PATH = '', HOME = '' } = process.env;
    const env = {
      PATH,
      HOME,
      TWILIO_ACCOUNT_SID: simulator.accountSid,
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_PHONE_NUMBER: OUR_NUMBER,
      TWILIO_WEBHOOK_URL: webhookUrl,
      TWILIO_API_BASE_URL: simulator.baseUrl,
      PORT: String(port),
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      DATABASE_URL: database.url,
      VOCA_DATA_DIR: folder,
      VOCA_LLM: 'openai',
      OPENAI_API_KEY: MODEL_KEY,
      OPENAI_BASE_URL: model.baseURL,
      OPENAI_MODEL: 'fake-model',
      VOCA_ALLOW_LOCAL_WEBHOOKS: 'true',
      VOCA_RECONCILE: 'off',
      VOCA_CHECK_NUMBERS: 'off',
      VOCA_RETENTION: 'off',
      ...options.env,
    };
    const link = linkToTemporal({ address, namespace });
    return new Roles({ simulator, model, link, webhookUrl, authToken }, env, folder, database);
  }

  /**
   * Starts a process; `isReady` of what is returned waits until it is. A supervisor runs the whole
   * instance, unless `env` says otherwise on the shared servers.
   */
  launch(role: 'api' | 'worker' | 'media' | 'supervisor', env: Env = {}): RoleProcess {
    const args = role === 'supervisor' ? [] : ['--role', role];
    const logFile = join(this.folder, `${role}-${this.#processes.length}.log`);
    const log = openSync(logFile, 'a');
    const metrics = String(30_000 + Math.floor(Math.random() * 30_000));
    const child = spawn(process.execPath, [join(DIST, 'main.js'), ...args], {
      env: { ...this.#env, METRICS_PORT: metrics, ...env },
      stdio: ['ignore', log, log],
      cwd: this.folder,
    });
    closeSync(log);
    const started = new RoleProcess(child, logFile);
    this.#processes.push(started);
    return started;
  }

  /** Runs the `voca` command. */
  voca(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(DIST, 'cli', 'main.js'), ...args],
        { env: this.#env, cwd: this.folder },
        (error, out, err) => {
          const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
          resolve({ code, out, err });
        },
      );
    });
  }

  get databaseUrl(): string {
    return this.#database.url;
  }

  get database(): Database {
    this.#records ??= createDatabase({ url: this.databaseUrl, applicationName: 'voca-roles' });
    return this.#records;
  }

  /** What each process has written; the servers are others' too, and their logs elsewhere. */
  logs(): ProductLog[] {
    return this.#processes.map((process, at) => ({
      name: `voca-${at}.log`,
      text: process.output(),
    }));
  }

  /** What the history checker wants to know. Waits until every call is closed and written. */
  evidence(notes: RunNotes): Promise<Evidence> {
    const secrets = [this.authToken, MODEL_KEY, passwordIn(this.databaseUrl)];
    return collectFrom(this, { ...notes, secrets });
  }

  /** What `/readyz` of the api says is missing. */
  async missing(): Promise<string[]> {
    const answer = await fetch(`${this.webhookUrl}/readyz`);
    return ((await answer.json()) as { missing: string[] }).missing;
  }

  async untilReady(): Promise<void> {
    await eventually(
      async () => {
        const missing = await this.missing();
        if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}`);
      },
      { withinMs: 40_000 },
    );
  }

  dial(): Phone {
    return this.simulator.dial({ from: CALLER, to: OUR_NUMBER });
  }

  /** The next phone that is called over Twilio, once it has answered. */
  nextCalled(): Promise<Phone> {
    return new Promise((resolve) => {
      const stop = this.simulator.onOutboundCall((phone) => {
        stop();
        phone.answer();
        resolve(phone);
      });
    });
  }

  callIdOf(phone: Phone): string {
    return inboundCallId(this.simulator.accountSid, phone.callSid);
  }

  /** Who worked on a call: the process ids of its workers, in order, without repetition. */
  async workersOf(callId: string): Promise<number[]> {
    const history = await this.link.client.workflow.getHandle(callId).fetchHistory();
    const identities = (history.events ?? []).flatMap((event) => {
      const identity =
        event.workflowTaskStartedEventAttributes?.identity ??
        event.activityTaskStartedEventAttributes?.identity;
      return identity ? [Number(identity.split('@')[0])] : [];
    });
    return identities.filter((pid, i) => i === 0 || pid !== identities[i - 1]);
  }

  async stop(): Promise<void> {
    await this.simulator.close();
    await Promise.all(this.#processes.map((each) => (each.isGone ? each.exited : each.kill())));
    const { client } = this.link;
    for await (const { workflowId } of client.workflow.list({
      query: `ExecutionStatus = 'Running'`,
    })) {
      await client.workflow.getHandle(workflowId).terminate('the test is over');
    }
    await this.link.close();
    await this.#records?.destroy();
    await this.model.close();
    await this.#database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A namespace of its own; its search attributes are registered by the first worker. */
async function freshNamespace(): Promise<string> {
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const link = linkToTemporal({ address: stack().temporalAddress, namespace });
  try {
    const { workflowService } = link.connection;
    await workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: SECONDS_OF_A_DAY as never },
    });
    // The server's parts learn of it one after the other.
    await eventually(() => link.client.workflow.count(), { withinMs: 30_000 });
    await eventually(() => link.connection.operatorService.listSearchAttributes({ namespace }));
  } finally {
    await link.close();
  }
  return namespace;
}

/**
 * Says something, waits for the answer that matches, and draws breath: nothing else is heard of this
 * caller before his next words, however slow the machine is.
 * @returns milliseconds from the words to the answer.
 */
export async function say(phone: Phone, words: string, answer: RegExp): Promise<number> {
  await phone.waitUntilListening({ timeoutMs: 30_000 });
  const saidAt = Date.now();
  phone.say(words);
  const heard = await phone.hearsMatching(answer, { timeoutMs: 30_000 });
  await phone.waitUntilListening({ timeoutMs: 30_000 });
  phone.startSpeaking();
  return heard.atMs - saidAt;
}

/** Lets a model answer with these words in front of what it heard, so late. */
export function answerWith(model: FakeOpenAi, prefix: string, afterMs = 0): void {
  model.always((body) => {
    const words = body.messages?.findLast(({ role }) => role === 'user')?.content ?? '';
    return { kind: 'answer', text: `${prefix}: ${words}`, afterMs };
  });
}
